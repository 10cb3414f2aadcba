/**
 * Runs a world: several isolates and one authority, by the code that the product runs, in a time in which everything can
 * go wrong. What it yields is what truly happened, and when.
 */

import type { KeyRecord } from "../../src/domain/key.ts";
import { isRefusal, type Refusal } from "../../src/errors.ts";
import { Agenda } from "./agenda.ts";
import { Authority } from "./authority.ts";
import { readClock, timeWithJumps } from "./clock.ts";
import { KEY_ID, keyOnPlan, keyWith, named, versionWith } from "./gateway.ts";
import { Isolate } from "./isolate.ts";
import { Network } from "./network.ts";
import { type Change, SWIFT, UNSEEN_STEP_MS, type World } from "./world.ts";

export interface History {
  readonly admissions: readonly Admission[];
  readonly refusals: readonly Refused[];
  /** The key as the authority knew it, each from a moment on. */
  readonly records: readonly { readonly from: number; readonly record: KeyRecord }[];
  readonly versions: World["versions"];
  readonly questions: number;
  readonly renewals: number;
}

/** True moments; the version is that of the record by which it was admitted. */
export interface Admission {
  readonly at: number;
  /** By the authority's clock: with the time that it jumped, and as it read then. */
  readonly byAuthority: { readonly time: number; readonly reading: number };
  readonly version: string;
}

export interface Refused {
  readonly at: number;
  /** By the authority's clock. */
  readonly reading: number;
  readonly refusal: Refusal;
  /** It had waited for as long as it was told. */
  readonly inVain: boolean;
}

export async function simulate(world: World): Promise<History> {
  const { start, versions } = world;
  const agenda = new Agenda(start);
  const key = versions ? keyOnPlan() : keyWith(world.limits);
  const authority = new Authority(key, versionWith(versions?.[0]), inTurn(world.chances, 0));
  const authorityNow = () => readClock(world.authorityClock, start, agenda.now);
  const byAuthority = () => ({
    time: timeWithJumps(world.authorityClock, start, agenda.now),
    reading: authorityNow(),
  });
  const network = new Network(agenda, authority, authorityNow, inTurn(world.fates, SWIFT));
  const admissions: Admission[] = [];
  const refusals: Refused[] = [];
  const records = [{ from: start, record: authority.record }];

  const places = world.isolates.map(({ clock, ends }, index) => {
    const place = { isolate: begin() };
    function begin() {
      const isAlive = () => place.isolate === isolate;
      const isolate: Isolate = new Isolate(
        (question) => (isAlive() && question.keyId === KEY_ID ? whileAlive(network.ask(question), isAlive) : NEVER),
        () => readClock(clock, start, agenda.now),
        versionWith(versions?.[index % versions.length]),
      );
      return isolate;
    }
    for (const at of ends) {
      agenda.add(start + at, () => {
        place.isolate = begin();
      });
    }
    for (const { at, by } of clock.steps) {
      if (by <= UNSEEN_STEP_MS) continue;
      for (const moment of [at - 1, at]) agenda.add(start + moment, () => place.isolate.otherRequest());
    }
    return place;
  });

  const request = async (place: { readonly isolate: Isolate }, patience: "gives up" | "comes again" | "came again") => {
    const { isolate } = place;
    const { outcome } = await isolate.request();
    if (isolate !== place.isolate) return;
    if (!isRefusal(outcome)) {
      admissions.push({ at: agenda.now, byAuthority: byAuthority(), version: outcome.organization });
    } else
      refusals.push({ at: agenda.now, reading: authorityNow(), refusal: outcome, inVain: patience === "came again" });
    if (patience === "comes again" && "retryAfterMs" in outcome) {
      agenda.add(agenda.now + outcome.retryAfterMs, () => void request(place, "came again"));
    }
  };
  for (const { at, isolate, count, again } of world.requests) {
    const place = places[isolate % places.length];
    agenda.add(start + at, () => {
      for (let i = 0; place && i < count; i++) void request(place, again ? "comes again" : "gives up");
    });
  }
  for (const { at, change } of world.changes) {
    agenda.add(start + at, () => {
      const version = `v${records.length + 1}`;
      authority.learn(named(changed(authority.record, change), version));
      records.push({ from: agenda.now, record: authority.record });
    });
  }
  for (const at of world.replacements) agenda.add(start + at, () => authority.replace());

  await agenda.run();
  return { admissions, refusals, records, versions, questions: network.questions, renewals: network.renewals };
}

const NEVER = new Promise<never>(() => {});

/** An isolate that has ended hears nothing more. */
async function whileAlive<T>(promise: Promise<T>, isAlive: () => boolean): Promise<T> {
  try {
    return await promise;
  } finally {
    if (!isAlive()) await NEVER;
  }
}

function changed(record: KeyRecord, change: Change): KeyRecord {
  return { ...record, ...change };
}

function inTurn<T>(values: readonly T[], otherwise: T): () => T {
  let next = 0;
  return () => {
    const value = values[next % values.length] ?? otherwise;
    next += 1;
    return value;
  };
}
