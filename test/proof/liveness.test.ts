/**
 * What leases cost those who keep within their limits, and those who do not, on a good day: 5 to 40 ms one way, no faults.
 * With KEYGATE_PROOF_TABLE=8 the table, of eight runs of each, is written to liveness.md beside this file.
 */

import { describe, expect, test } from "vitest";
import type { Rate } from "../../src/domain/bucket.ts";
import { type Demand, meet, type Outcome, run, START } from "./demand.ts";
import { RUNS, writeTable } from "./effort.ts";
import { gateway } from "./gateway.ts";

const RATES: readonly { rate: Rate; seconds: number }[] = [
  { rate: { name: "10 per second", limit: 10, window: 1, burst: 10 }, seconds: 300 },
  { rate: { name: "60 per minute", limit: 60, window: 60, burst: 60 }, seconds: 900 },
  { rate: { name: "100 per second", limit: 100, window: 1, burst: 100 }, seconds: 30 },
  { rate: { name: "400 per second", limit: 400, window: 1, burst: 400 }, seconds: 15 },
];
/** Of the longest windows, so much that some thousand requests come. */
const BURST_RATES = [
  ...RATES.map(({ rate, seconds }) => ({ rate, seconds: 4 * seconds })),
  { rate: { name: "50 per 20 seconds", limit: 50, window: 20, burst: 50 }, seconds: 2_400 },
];
const SPREADS = [
  { isolates: 1, skewed: false },
  { isolates: 10, skewed: false },
  { isolates: 10, skewed: true },
  { isolates: 50, skewed: false },
  { isolates: 50, skewed: true },
];
const PERCENTS = [2, 10, 50, 100, 200, 500];

const DEMANDS = RATES.flatMap(({ rate, seconds }) =>
  SPREADS.flatMap((spread) =>
    PERCENTS.map((percent): Demand => ({ rate, ...spread, percent, seconds: percent <= 50 ? 4 * seconds : seconds })),
  ),
);

/** Tokens that come back in the life of a lease, for each isolate: from 8 on leases amortise, below 1 every request asks. */
const tokensPerLease = ({ rate, isolates }: Demand) =>
  ((rate.limit / rate.window) * gateway.leaseTtlMs) / 1000 / isolates;

describe("on a good day", async () => {
  const outcomes = new Map<Demand, Outcome>();
  for (const demand of DEMANDS) outcomes.set(demand, await meet(demand, RUNS));
  const table = tableOf(outcomes);
  console.log(table);
  writeTable(table);

  const where = (holds: (demand: Demand) => boolean) => [...outcomes].filter(([demand]) => holds(demand));
  const nameOf = ({ rate, isolates, percent, skewed }: Demand) =>
    `${rate.name}, ${isolates} isolates${skewed ? ", skewed" : ""}, ${percent} %`;

  test("up to half the limit, false refusals are at most 0.1 %", () => {
    for (const [demand, { falseRefusals }] of where(({ percent }) => percent <= 50)) {
      expect(falseRefusals, nameOf(demand)).toBeLessThanOrEqual(0.001);
    }
  });

  test("from the whole limit on, admissions are at least 0.95 of the ideal, and 0.98 where every request asks", () => {
    for (const [demand, { efficiency }] of where(({ percent }) => percent >= 100)) {
      const least = tokensPerLease(demand) < 1 ? 0.98 : 0.95;
      expect(efficiency, nameOf(demand)).toBeGreaterThanOrEqual(least);
    }
  });

  test("no limit and no spread costs more than about two questions per request", () => {
    for (const [demand, { questionsPerRequest }] of where(() => true)) {
      expect(questionsPerRequest, nameOf(demand)).toBeLessThanOrEqual(2.1);
    }
  });

  test.each([
    // One in a thousand shows in many thousands only.
    { what: "are at most 0.1 %, where that is a tenth of the limit or less", most: 0.001, share: 0.1, times: 10 },
    { what: "are at most 1 %, where that is half of the limit", most: 0.01, share: 1, times: 1 },
  ])("of bursts of 3 to 5 at half the limit, false refusals $what", async ({ most, share, times }) => {
    for (const { rate, seconds } of BURST_RATES.filter(({ rate }) => 5 / rate.burst <= share)) {
      for (const spread of SPREADS) {
        const demand: Demand = { rate, ...spread, percent: 50, seconds: seconds * times, together: [3, 5] };
        const { falseRefusals } = await meet(demand);
        expect(falseRefusals, nameOf(demand)).toBeLessThanOrEqual(most);
      }
    }
  });

  test.each([1, 3, 10, 50])(
    "a client that falls silent after a burst of its whole limit is admitted its whole limit again one window later, over %i isolates",
    async (isolates) => {
      for (const [limit, window] of [
        [50, 20],
        [60, 60],
        [100, 10],
        [300, 60],
      ] as const) {
        const rate = { name: "rate", limit, window, burst: limit };
        const share = Math.floor(limit / isolates);
        const counts = Array.from(
          { length: isolates },
          (_, isolate) => share + (isolate < limit - share * isolates ? 1 : 0),
        );
        const burst = (at: number) => counts.map((count, isolate) => ({ at, isolate, count }));
        const first = await run({ rates: [rate], quotas: [] }, isolates, burst(0));
        expect(first.admissions).toHaveLength(limit);
        const answered = Math.max(...first.admissions.map(({ at }) => at)) - START;
        const both = await run({ rates: [rate], quotas: [] }, isolates, [
          ...burst(0),
          ...burst(answered + window * 1000),
        ]);
        expect([both.admissions.length, both.refusals.length], `${limit} in ${window} s`).toEqual([2 * limit, 0]);
      }
    },
  );

  test("leases amortise: where each isolate gets 8 of 100 tokens or more in the life of one, five requests take one question", () => {
    const halfUsed = where((demand) => {
      return tokensPerLease(demand) >= 8 && demand.rate.burst >= 100 && demand.percent === 50;
    });
    expect(halfUsed.length).toBeGreaterThan(0);
    for (const [demand, { questionsPerRequest }] of halfUsed) {
      expect(questionsPerRequest, nameOf(demand)).toBeLessThanOrEqual(0.2);
    }
  });

  test.each([1, 10, 50])(
    "a request every 3 s on a daily quota is never refused, over %i isolates",
    async (isolates) => {
      const limits = {
        rates: [{ name: "minute", limit: 60, window: 60, burst: 60 }],
        quotas: [{ name: "day", limit: 10_000, per: "day" as const }],
      };
      const requests = Array.from({ length: 2_400 }, (_, index) => ({
        at: index * 3_000,
        isolate: index * 7,
        count: 1,
      }));
      const { refusals, admissions } = await run(limits, isolates, requests);
      expect([refusals.length, admissions.length]).toEqual([0, 2_400]);
    },
  );
});

function tableOf(outcomes: ReadonlyMap<Demand, Outcome>): string {
  const rows = [...outcomes].map(([{ rate, isolates, percent, skewed }, outcome]) => [
    rate.name,
    `${isolates}${skewed ? " skewed" : ""}`,
    `${percent} %`,
    `${(outcome.falseRefusals * 100).toFixed(2)} %`,
    outcome.efficiency.toFixed(3),
    outcome.questionsPerRequest.toFixed(2),
  ]);
  const head = ["Limit", "Isolates", "Demand", "False refusals", "Admitted / ideal", "Questions per request"];
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
