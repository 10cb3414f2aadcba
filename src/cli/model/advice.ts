/** Settings that would bring a part back below half of its limit. */

import { collectorsFor } from "./collectors.ts";
import { feedsFor } from "./feeds.ts";
import type { Model } from "./model.ts";
import { BUSIEST_KEY, gigabytesOf, usageDaysFor } from "./parts.ts";
import { LIMITS } from "./prices.ts";
import { type Group, groupsOf, type Traffic } from "./traffic.ts";
import { percent } from "./words.ts";

export function adviceOn({ traffic, parts }: Model): string[] {
  const groups = groupsOf(traffic);
  const collectors = collectorsFor(groups, traffic);
  const advice: string[] = [];
  if (collectors > traffic.collectors) advice.push(`Set \`collectors: ${collectors}\`, so that each can do its work.`);
  const feeds = feedsFor(traffic);
  if (traffic.feeds > 0 && feeds > traffic.feeds) advice.push(`Set \`feeds: ${feeds}\`, so that each can do its work.`);
  advice.push(...adviceOnUsage(groups, traffic));
  const busiest = parts.find(({ name }) => name === BUSIEST_KEY);
  if (busiest && busiest.load > busiest.limit / 2) {
    advice.push("Give the clients of the busiest key several keys, or set a longer `leases.ttlSeconds`.");
  }
  return advice;
}

function adviceOnUsage(groups: readonly Group[], traffic: Traffic): string[] {
  const usageDays = usageDaysFor(groups, traffic);
  const full = gigabytesOf(groups, { ...traffic, usageDays }) / LIMITS.d1Gigabytes;
  if (full > 1) {
    return [
      `One D1 database is too small for so many keys that are used daily, even with usage of ${usageDays} days, the least.`,
    ];
  }
  if (usageDays >= traffic.usageDays) return [];
  const then = full > 1 / 2 ? `${percent(full)} full; it cannot be less` : "half full at most";
  return [`Set \`retention.usageDays: ${usageDays}\`, so that D1 is ${then}.`];
}
