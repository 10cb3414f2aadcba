/**
 * Runs a world: several isolates and one authority, by the code that the product runs, in a time in which everything can
 * go wrong. What it yields is what truly happened, and when.
 */

import type { KeyRecord } from "../../src/domain/key.ts";
import { feedStartsAt } from "../../src/domain/record-changes.ts";
import { isRefusal, type Refusal } from "../../src/errors.ts";
import { Agenda } from "./agenda.ts";
import { Authority } from "./authority.ts";
import { Changes } from "./changes.ts";
import { readClock, readStuckClock, TRUE_CLOCK, timeWithJumps } from "./clock.ts";
import { Database } from "./database.ts";
import { FeedNetwork, FeedObject } from "./feed.ts";
import { KEY_ID, keyOnPlan, keyWith, versionWith } from "./gateway.ts";
import { Isolate } from "./isolate.ts";
import { Network } from "./network.ts";
import { type Cut, type Old, SWIFT, UNSEEN_STEP_MS, type World } from "./world.ts";

export interface History {
  readonly admissions: readonly Admission[];
  readonly refusals: readonly Refused[];
  /** The key as D1 had it, each from a moment on: when the change was in force, and its maker was told so. */
  readonly records: readonly { readonly from: number; readonly record: KeyRecord }[];
  readonly versions: World["versions"];
  readonly questions: number;
  readonly renewals: number;
  /** Admissions by leases that were kept. */
  readonly keeps: number;
  /** Answers of the feed. */
  readonly feedAnswers: number;
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
  const { start, versions, feed } = world;
  const agenda = new Agenda(start);
  const database = new Database(versions ? keyOnPlan() : keyWith(world.limits));
  const isCut = (what: Cut) =>
    feed?.cuts.some((cut) => cut.what === what && agenda.now - start >= cut.from && agenda.now - start < cut.to) ??
    false;
  const isOld = (what: Old) =>
    feed?.oldCode.some((old) => old.what === what && agenda.now - start >= old.from && agenda.now - start < old.to) ??
    false;
  const nextD1Ms = inTurn(feed?.d1Ms ?? [], 0);
  /** A query, which D1 answers at once where nobody follows a feed. */
  async function query<T>(work: () => T): Promise<T> {
    const ms = nextD1Ms();
    if (ms > 0) await agenda.after(ms / 2);
    if (isCut("D1")) throw new Error("D1 is down");
    const answer = work();
    if (ms > 0) await agenda.after(ms / 2);
    return answer;
  }
  const authorityNow = () => readClock(world.authorityClock, start, agenda.now);
  const authority = new Authority(database.read(), {
    gateway: versionWith(versions?.[0]),
    random: inTurn(world.chances, 0),
    readD1: () => query(() => database.read()),
    now: authorityNow,
    isOld: () => isOld("authority"),
  });
  const nextTold = inTurn(feed?.told ?? [], SWIFT);
  const pagesMs = feed?.pagesMs ?? 0;
  const changes = new Changes({ agenda, database, authority, nextFate: nextTold, isCut, pagesMs, isOld });
  const object = new FeedObject({
    told: async () => changes.reconciler.told,
    readStart: (told, limit) =>
      query(() => {
        const { outbox } = database;
        const rows = database.rows.filter((row) => row.number >= feedStartsAt(told));
        const pending = outbox.size > 0 ? [{ environment: "production", keyId: KEY_ID }] : [];
        return rows.length > limit ? undefined : { rows, pending };
      }),
    readRows: (number, limit) => query(() => database.rows.filter((row) => row.number >= number).slice(0, limit)),
    now: () => readStuckClock(feed?.clock ?? TRUE_CLOCK, start, agenda.now),
  });
  const asked = new FeedNetwork(
    agenda,
    object,
    inTurn(feed?.fates ?? [], SWIFT),
    () => isCut("asked"),
    () => isOld("feed"),
  );
  const byAuthority = () => ({
    time: timeWithJumps(world.authorityClock, start, agenda.now),
    reading: authorityNow(),
  });
  const network = new Network(agenda, authority, inTurn(world.fates, SWIFT), () => isCut("authority"));
  const admissions: Admission[] = [];
  const refusals: Refused[] = [];
  const askedAt = new Map<Isolate, number>();
  let keeps = 0;

  const places = world.isolates.map(({ clock, ends }, index) => {
    const place = { isolate: begin() };
    function begin() {
      const isAlive = () => place.isolate === isolate;
      const isolate: Isolate = new Isolate(
        (question) => {
          if (!isAlive() || question.keyId !== KEY_ID) return NEVER;
          askedAt.set(isolate, agenda.now);
          return whileAlive(network.ask(question), isAlive);
        },
        feed && ((question) => (isAlive() ? whileAlive(asked.ask(question), isAlive) : NEVER)),
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
      if (agenda.now - (askedAt.get(isolate) ?? 0) > KEPT_AFTER_MS) keeps += 1;
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
  for (const change of world.changes)
    agenda.add(start + change.at, () => void changes.make(change, feed !== undefined));
  if (feed) {
    for (const at of feed.replacements) agenda.add(start + at, () => object.replace());
    for (const at of feed.looks) agenda.add(start + at, () => void (isCut("D1") || changes.reconciler.round()));
    for (const { at, count } of feed.others) agenda.add(start + at, () => database.changeOthers(count));
    for (const { at, to } of feed.restores) {
      agenda.add(start + to, () => {
        const { snapshot } = database;
        agenda.add(start + at, () => changes.restore(snapshot));
      });
    }
    for (const { from, to, every } of feed.hum) {
      for (let at = from; at < to; at += every) {
        agenda.add(start + at, () => {
          for (const { isolate } of places) isolate.hum();
        });
      }
    }
  }
  for (const at of world.replacements) agenda.add(start + at, () => authority.replace());

  await agenda.run();
  return {
    admissions,
    refusals,
    records: changes.records,
    versions,
    questions: network.questions,
    renewals: network.renewals,
    keeps,
    feedAnswers: asked.answers,
  };
}

/** A lease that is used so long after the last question is kept. */
const KEPT_AFTER_MS = 2_600;

const NEVER = new Promise<never>(() => {});

/** An isolate that has ended hears nothing more. */
async function whileAlive<T>(promise: Promise<T>, isAlive: () => boolean): Promise<T> {
  try {
    return await promise;
  } finally {
    if (!isAlive()) await NEVER;
  }
}

function inTurn<T>(values: readonly T[], otherwise: T): () => T {
  let next = 0;
  return () => {
    const value = values[next % values.length] ?? otherwise;
    next += 1;
    return value;
  };
}
