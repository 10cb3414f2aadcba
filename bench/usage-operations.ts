/** Compares what the gateway causes, counted in its isolates and objects, with what the model of costs says of the same traffic. */

import { collectingOf, d1RowsOf } from "../src/cli/model/collectors.ts";
import { followingOf, followsFeed } from "../src/cli/model/feeds.ts";
import { simulateKey } from "../src/cli/model/key.ts";
import { seeded } from "../src/cli/model/random.ts";
import { NO_LIMITS } from "../src/domain/limits.ts";
import { RECONCILE_EVERY_MS, reportAfterMs } from "../src/domain/pace.ts";
import { openD1 } from "../test/helpers/d1-file.ts";
import type { GatewayAddress } from "../test/helpers/gateway.ts";
import { type Keys, LIMITS_OF } from "./usage-kinds.ts";
import type { Sent } from "./usage-load.ts";
import { BEFORE_THE_KEY, type Verdict } from "./usage-verdict.ts";
import type { Operations } from "./workers/counting.ts";

/** An object here can take long to answer, and each kill ends the leases that the model begins a part without. */
const TOLERANCE = 0.1;
const QUIET_MS = 4_000;
/** By default. */
const LEASE_TTL_MS = 2_000;
const ISOLATES = 2;
const FOREVER = Number.POSITIVE_INFINITY;
/** So few that the time between two requests can be any. */
const REPLAYED_PER_SECOND = 0.001;
/** By chance, a time that no run lasts. */
const NEVER = 1 - Number.EPSILON / 2;

export class Meter {
  readonly #ports: readonly number[];
  #sum: Record<string, number> = {};

  constructor(ports: readonly number[]) {
    this.#ports = ports;
  }

  /** What was counted since the beginning, or since `forget`. What a killed isolate had counted must be taken before. */
  async take(): Promise<Operations> {
    for (const port of this.#ports) {
      const counts = (await (await fetch(`http://127.0.0.1:${port}/counts`)).json()) as Operations;
      for (const [name, count] of Object.entries(counts)) this.#sum[name] = (this.#sum[name] ?? 0) + count;
    }
    return { ...this.#sum } as Operations;
  }

  /** Once nothing is written any more: what was changed before was passed on. */
  async forget(): Promise<void> {
    for (let rows = -1; ; ) {
      const { d1RowWritten } = await this.take();
      if (d1RowWritten === rows) break;
      rows = d1RowWritten;
      await new Promise((later) => setTimeout(later, QUIET_MS));
    }
    this.#sum = {};
  }
}

/** Requests between two starts of the isolates, or until the end. */
export interface Part {
  readonly sent: readonly Sent[];
  readonly seconds: number;
  /** Requests to objects: questions to authorities, reports, alarms. */
  readonly counted: number;
}

export function judgeRequests(parts: readonly Part[], keys: Keys): Verdict {
  const counted = parts.reduce((sum, part) => sum + part.counted, 0);
  const model = parts.reduce((sum, part) => sum + objectRequestsOf(part, keys), 0);
  return compare("requests to objects", counted, model);
}

/** Each key is written once, with what it was used for until then: as many rows as the model has for what D1 holds. */
export function judgeD1(counted: Operations, gateway: GatewayAddress, sent: readonly Sent[]): Verdict {
  const database = openD1(gateway);
  const count = (from: string) => Number(database.prepare(`SELECT count(*) AS number FROM ${from}`).get()?.number);
  const written = {
    uses: count("api_keys WHERE last_used_at IS NOT NULL"),
    counts: count("usage_days"),
    scopes: count("api_key_scope_uses"),
  };
  database.close();
  const { faults, rows } = compare("rows written in D1", counted.d1RowWritten, d1RowsOf(written));
  const used = new Set(sent.filter(({ outcome }) => outcome === "200").map(({ key }) => key.id)).size;
  return written.uses >= used ? { faults, rows } : { faults: [`D1 has ${written.uses} of ${used} used keys`], rows };
}

function compare(what: string, counted: number, model: number): Verdict {
  const isRight = Math.abs(counted - model) <= model * TOLERANCE;
  const faults = isRight ? [] : [`${what}: counted ${counted}, and the model says ${Math.round(model)}`];
  return { faults, rows: [[what, Math.round(model), counted]] };
}

function objectRequestsOf({ sent, seconds }: Part, keys: Keys): number {
  const byKey = Map.groupBy(sent.filter(asksAnAuthority), ({ key }) => key.id);
  const begunAt = Math.min(...sent.map(({ sentAt }) => sentAt));
  const waits = sent.map(({ ms }) => ms).sort((one, other) => one - other);
  const waitMs = waits[Math.floor(waits.length / 2)] ?? 0;
  const traffic = { perSecond: sent.length / seconds, isolates: ISOLATES, leaseTtlMs: LEASE_TTL_MS, feeds: 1 };
  const world = {
    ...{ ttlMs: LEASE_TTL_MS, reportAfterMs: reportAfterMs(1), roundTripMs: () => waitMs, kvMs: 1, d1Ms: 1 },
    follows: followsFeed(traffic),
  };
  let questions = 0;
  for (const name of Object.keys(keys) as (keyof Keys)[]) {
    for (const { id } of keys[name]) {
      const arrivals = byKey.get(id) ?? [];
      const limits = LIMITS_OF[name] ?? NO_LIMITS;
      const replayed = { ...replayOf(arrivals, begunAt), isolateLifeMs: FOREVER, forgetsAfterMs: FOREVER };
      const tally = simulateKey({ ...world, ...replayed, limits, chances: seeded(1) }, 0, seconds);
      questions += tally.objectRequests;
    }
  }
  const groups = [{ keys: byKey.size, perSecond: sent.length / seconds / byKey.size }];
  const organizations = new Set(keys.plain.map(({ organizationId }) => organizationId)).size;
  const collecting = collectingOf(groups, {
    ...{ ...traffic, collectors: 1, organizations, keepsRequests: true },
  });
  const asked = followingOf(traffic).questions;
  return questions + (collecting.reports + collecting.alarms + asked + 1_000 / RECONCILE_EVERY_MS) * seconds;
}

const asksAnAuthority = ({ outcome }: Sent) => !BEFORE_THE_KEY.has(outcome);

/** The model takes the time to the next request and its isolate by chance: here they are what was sent. */
function replayOf(arrivals: readonly Sent[], begunAt: number) {
  const ports = [...new Set(arrivals.map(({ port }) => port))].sort();
  const inOrder = arrivals.toSorted((one, other) => one.sentAt - other.sentAt);
  let at = begunAt;
  const numbers = inOrder.flatMap(({ sentAt, port }) => {
    const gap = sentAt - at;
    at = sentAt;
    return [1 - Math.exp((-gap * REPLAYED_PER_SECOND) / 1_000), ports.indexOf(port) / ISOLATES];
  });
  let next = 0;
  return { perSecond: REPLAYED_PER_SECOND, isolates: ISOLATES, random: () => numbers[next++] ?? NEVER };
}
