/** Settings that would bring a part back below half of its limit. */

import { collectorsFor } from "./collectors.ts";
import { feedsFor } from "./feeds.ts";
import type { Model } from "./model.ts";
import { BUSIEST_KEY, usageDaysFor } from "./parts.ts";
import { groupsOf } from "./traffic.ts";

export function adviceOn({ traffic, parts }: Model): string[] {
  const groups = groupsOf(traffic);
  const collectors = collectorsFor(groups, traffic);
  const days = usageDaysFor(groups, traffic);
  const advice: string[] = [];
  if (collectors > traffic.collectors) advice.push(`Set \`collectors: ${collectors}\`, so that each can do its work.`);
  const feeds = feedsFor(traffic);
  if (traffic.feeds > 0 && feeds > traffic.feeds) advice.push(`Set \`feeds: ${feeds}\`, so that each can do its work.`);
  if (days < traffic.usageDays) advice.push(`Set \`retention.usageDays: ${days}\`, so that D1 is half full at most.`);
  const busiest = parts.find(({ name }) => name === BUSIEST_KEY);
  if (busiest && busiest.load > busiest.limit / 2) {
    advice.push("Give the clients of the busiest key several keys, or set a longer `leases.ttlSeconds`.");
  }
  return advice;
}
