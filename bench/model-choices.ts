/**
 * `npm run model -- choices`: what the ways cost by which an isolate can learn that a record is still right, and keep tokens. One
 * mix of traffic, with limits of three sizes.
 */

import { collectorsFor } from "../src/cli/model/collectors.ts";
import { feedsFor } from "../src/cli/model/feeds.ts";
import { modelOf } from "../src/cli/model/model.ts";
import { groupsOf, type Traffic } from "../src/cli/model/traffic.ts";
import { dollars, percent, totalOf } from "../src/cli/model/words.ts";
import type { Limits } from "../src/domain/limits.ts";

const MIX = { perSecond: 20_000, keys: 100_000, organizations: 10_000, isolates: 200, skew: 1 };
/** So many isolates of one data center could share their records. */
const OF_CENTER = 8;

const perMinute = (limit: number): Limits => ({
  rates: [{ name: "minute", limit, window: 60, burst: limit }],
  quotas: [],
});
const LIMITS: readonly (readonly [string, Limits])[] = [
  ["none", { rates: [], quotas: [] }],
  ["6,000 a minute", perMinute(6_000)],
  ["60 a minute", perMinute(60)],
];
const WAYS: readonly (readonly [string, Partial<Traffic>])[] = [
  ["each key asked for, every 2 s", { feeds: 0 }],
  ["tokens for longer, rights asked for", { feeds: 0, keeping: "tokens" }],
  ["the feed alone", { keeping: "rights" }],
  ["the feed, and tokens for longer", {}],
  ["records shared by a data center", { feeds: 0, isolates: MIX.isolates / OF_CENTER }],
];

export function printChoices(usual: Omit<Traffic, keyof typeof MIX | "collectors" | "feeds">): void {
  for (const [limit, limits] of LIMITS) {
    console.log(`\nLimit: ${limit}\n`);
    for (const [way, changes] of WAYS) {
      const mix = { ...usual, ...MIX, limits };
      const collectors = collectorsFor(groupsOf(mix), mix);
      const model = modelOf({ ...mix, collectors, feeds: feedsFor(mix), ...changes });
      const { request, cpuMs } = model.dollarsPerMillion;
      const beyond = totalOf(model.dollarsPerMillion) - request - cpuMs;
      const { shareThatWaited, questionsPerRequest, falseRefusals } = model;
      const words = [
        `${percent(shareThatWaited)} wait`,
        `${questionsPerRequest.toFixed(2)} questions / request`,
        `${dollars(beyond)} / million beyond requests and processor time`,
        `${percent(falseRefusals)} refused wrongly`,
      ];
      console.log(`${way}: ${words.join(", ")}`);
    }
  }
}
