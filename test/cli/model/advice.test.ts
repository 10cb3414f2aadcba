import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { adviceOn } from "../../../src/cli/model/advice.ts";
import { gigabytesOf, usageDaysFor } from "../../../src/cli/model/parts.ts";
import { LIMITS } from "../../../src/cli/model/prices.ts";
import { groupsOf, type Traffic } from "../../../src/cli/model/traffic.ts";
import { grouped } from "../../../src/cli/terminal/render.ts";
import { retention } from "../../../src/config/retention-schema.ts";
import { PROJECT } from "../helpers.ts";

const trafficOf = (keys: number, usageDays: number): Traffic => ({
  ...{ perSecond: 200_000, keys, skew: 1, isolates: 4_000, isolateLifeMs: 600_000, collectors: 100, feeds: 100 },
  ...{ organizations: Math.ceil(keys / 10), keepsRequests: false, usageDays, dataPoints: false },
  ...{ scrapeSeconds: Number.POSITIVE_INFINITY, regions: [], limits: { rates: [], quotas: [] }, leaseTtlMs: 2_000 },
});
const adviceFor = (traffic: Traffic) => adviceOn({ traffic, parts: [] } as never).join("\n");
const fullWith = (traffic: Traffic) => gigabytesOf(groupsOf(traffic), traffic) / LIMITS.d1Gigabytes;

test("the days of usage that `keygate cost` recommends can be configured, and D1 has room for them", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3_000_000 }), fc.integer({ min: 35, max: 400 }), (keys, usageDays) => {
      const traffic = trafficOf(keys, usageDays);
      const advice = adviceFor(traffic);
      const days = /retention\.usageDays: (\d+)/.exec(advice)?.[1];
      if (days === undefined) return;
      expect(retention.safeParse({ usageDays: Number(days) }).error).toBeUndefined();
      expect(fullWith({ ...traffic, usageDays: Number(days) })).toBeLessThanOrEqual(1);
    }),
  );
});

test.each([
  [100_000, 90, ""],
  [300_000, 90, "Set `retention.usageDays: 53`, so that D1 is half full at most."],
  [600_000, 90, "Set `retention.usageDays: 35`, so that D1 is 69 % full; it cannot be less."],
  [600_000, 35, ""],
  [
    1_000_000,
    35,
    "One D1 database is too small for so many keys that are used daily, even with usage of 35 days, the least.",
  ],
])("the advice on D1's size for %d keys with usage of %d days is: %s", (keys, usageDays, advice) => {
  expect(adviceFor(trafficOf(keys, usageDays))).toBe(advice);
});

test("docs/scale.md says with how many keys D1 is half full", () => {
  const halfWith = (days: number) => {
    const keys = 100_000;
    const traffic = trafficOf(keys, days);
    return grouped(Number(((keys * 0.5) / fullWith(traffic)).toPrecision(2)));
  };
  const page = readFileSync(join(PROJECT, "docs/scale.md"), "utf8");
  expect(page).toContain(`${halfWith(90)} keys with usage of 90 days, or ${halfWith(35)} with 35`);
  const most = trafficOf(400_000, 90);
  expect(page).toContain(`with 400,000 keys for ${usageDaysFor(groupsOf(most), most)},`);
});
