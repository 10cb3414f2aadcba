/** Clients that come when they like, over a network as it is on good days; and what an ideal counter would have done with them. */

import { seeded } from "../../src/cli/model/random.ts";
import type { Rate } from "../../src/domain/bucket.ts";
import type { Limits } from "../../src/domain/limits.ts";
import { TRUE_CLOCK } from "./clock.ts";
import { FAULTLESS } from "./feed-worlds.ts";
import { type History, simulate } from "./simulator.ts";
import type { Requests } from "./world.ts";

export interface Demand {
  readonly rate: Rate;
  readonly isolates: number;
  /** Of the rate, in percent. */
  readonly percent: number;
  /** Whether some isolates get many more requests than others. */
  readonly skewed: boolean;
  readonly seconds: number;
  /** How many requests come together, at the least and the most; one, if it does not say. */
  readonly together?: readonly [number, number];
}

export interface Outcome {
  readonly requests: number;
  /** Share of the requests that were refused beyond those that an ideal counter would have refused. */
  readonly falseRefusals: number;
  /** Admitted, by what one counter that sees every request at once would have admitted. */
  readonly efficiency: number;
  readonly questionsPerRequest: number;
}

/** In `runs` runs of other requests. */
export async function meet(demand: Demand, runs = 1): Promise<Outcome> {
  const sums = { requests: 0, refused: 0, admitted: 0, ideal: 0, questions: 0 };
  for (let nth = 0; nth < runs; nth++) {
    const random = seeded(demand.isolates * 1_000 + demand.percent + nth * OTHER_REQUESTS);
    const requests = requestsOf(demand, random);
    const history = await run({ rates: [demand.rate], quotas: [] }, demand.isolates, requests, random);
    const [admitted, ideal] = [history.admissions.length, admittedIdeally(demand.rate, requests)];
    sums.requests += requests.reduce((sum, { count }) => sum + count, 0);
    sums.refused += Math.max(0, ideal - admitted);
    sums.admitted += admitted;
    sums.ideal += ideal;
    sums.questions += history.questions;
  }
  return {
    requests: sums.requests,
    falseRefusals: sums.refused / sums.requests,
    efficiency: sums.admitted / sums.ideal,
    questionsPerRequest: sums.questions / sums.requests,
  };
}

/** Further than any two demands are apart. */
const OTHER_REQUESTS = 1_000_003;

export const START = Date.UTC(2026, 5, 15, 0);

export function run(limits: Limits, isolates: number, requests: Requests[], random = seeded(1)): Promise<History> {
  const travel = () => 5 + Math.floor(random() * 36);
  return simulate({
    start: START,
    limits,
    authorityClock: TRUE_CLOCK,
    isolates: Array.from({ length: isolates }, () => ({ clock: TRUE_CLOCK, ends: [] })),
    requests,
    fates: Array.from({ length: 1_009 }, () => ({ up: travel(), down: travel() })),
    changes: [],
    // Isolates ask the feed by themselves.
    feed: FAULTLESS,
    replacements: [],
    chances: Array.from({ length: 1_013 }, random),
  });
}

function requestsOf(
  { rate, isolates, percent, skewed, seconds, together: [fewest, most] = [1, 1] }: Demand,
  random: () => number,
): Requests[] {
  const meanGap = (1000 * (fewest + most)) / 2 / ((rate.limit / rate.window) * (percent / 100));
  const weights = Array.from({ length: isolates }, (_, index) => (skewed ? 1 / (index + 1) : 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const anyIsolate = () => {
    let left = random() * total;
    return weights.findIndex((weight) => {
      left -= weight;
      return left < 0;
    });
  };
  const requests: Requests[] = [];
  for (let at = 0; ; ) {
    at -= Math.log(1 - random()) * meanGap;
    if (at > seconds * 1000) return requests;
    requests.push({
      at: Math.floor(at),
      isolate: anyIsolate(),
      count: fewest + Math.floor(random() * (most - fewest + 1)),
    });
  }
}

function admittedIdeally(rate: Rate, requests: readonly Requests[]): number {
  const bucket = idealBucket(rate);
  let admitted = 0;
  for (const { at, count } of requests) {
    for (let i = 0; i < count && bucket.level(START + at) >= 1; i++) {
      bucket.spend(START + at);
      admitted += 1;
    }
  }
  return admitted;
}

function idealBucket({ limit, window, burst }: Rate) {
  let [tokens, since] = [burst, START];
  const level = (at: number) => Math.min(burst, tokens + ((at - since) * limit) / window / 1000);
  return {
    level,
    spend(at: number) {
      tokens = level(at) - 1;
      since = at;
    },
  };
}
