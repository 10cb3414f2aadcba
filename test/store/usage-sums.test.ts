/** The sums of usage without keys are those of the rows with keys, whoever writes these and in whatever order. */

import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { DAY_MS } from "../../src/domain/durations.ts";
import type { UsageGroup } from "../../src/domain/usage-sums.ts";
import { type DayCount, writeDays } from "../../src/store/usage.ts";
import { sumUsage } from "../../src/store/usage-list.ts";
import { migrate, newId } from "../helpers/workerd.ts";

beforeAll(migrate);

const DAY = fc.integer({ min: 0, max: 2 }).map((day) => day * DAY_MS);
const COUNT = fc.record({
  key: fc.constantFrom("key_1", "key_2", "key_3"),
  environment: fc.constantFrom("production", "sandbox"),
  day: DAY,
  route: fc.constantFrom("/a/*", ""),
  outcome: fc.constantFrom("forwarded", "scope_missing"),
  requests: fc.integer({ min: 1, max: 9 }),
  answered: fc.array(fc.nat(9), { minLength: 8, maxLength: 8 }),
});
const BATCH = fc.record({ collector: fc.integer({ min: 0, max: 1 }), counts: fc.array(COUNT, { maxLength: 6 }) });
const GROUPS: readonly (readonly UsageGroup[])[] = [
  [],
  ["day"],
  ["environment", "outcome"],
  ["day", "route", "outcome"],
];

test("whatever batches collectors write, and write again", { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(BATCH, { maxLength: 6 }), async (batches) => {
      const id = newId("org");
      for (const { collector, counts } of batches) {
        const rows = new Map<string, DayCount>();
        for (const { key, environment, day, route, outcome, requests, answered } of counts) {
          const row = [id, key + id, environment, day, route, outcome, requests, ...answered] as const;
          rows.set(`${key} ${day} ${route} ${outcome}`, row);
        }
        await writeDays(env.DB, collector, { requests: [...rows.values()], scopes: [], uses: [] });
      }
      const { results } = await env.DB.prepare("SELECT DISTINCT key_id AS id FROM usage_days WHERE organization_id = ?")
        .bind(id)
        .all<{ id: string }>();
      const span = { from: 0, to: 3 * DAY_MS };
      for (const groups of GROUPS) {
        const asked = { organizationId: id, groups, span, days: span, liveFrom: [2 * DAY_MS, DAY_MS] };
        const sums = await sumUsage(env.DB, asked, 100);
        expect(sums).toEqual(await sumUsage(env.DB, { ...asked, keyIds: results.map((row) => row.id) }, 100));
        const counted = await sumUsage(env.DB, { ...asked, onlyRequests: true }, 100);
        expect(counted).toEqual(sums.map((sum) => ({ ...sum, refused: 0, failed: 0, answered: Array(8).fill(0) })));
      }
    }),
    { numRuns: 20 },
  );
});

test("before the migration that brings them, the rows of keys are summed up", async () => {
  const id = newId("org");
  await writeDays(env.DB, 0, {
    requests: [[id, "key_9", "sandbox", 0, "/a/*", "forwarded", 7, ...Array<number>(8).fill(0)]],
    scopes: [],
    uses: [],
  });
  const span = { from: 0, to: DAY_MS };
  const sum = () => sumUsage(env.DB, { organizationId: id, groups: [], span, days: span, liveFrom: [DAY_MS] }, 9);
  const [before] = await sum();
  for (const trigger of ["usage_days_summed", "usage_days_summed_again"])
    await env.DB.prepare(`DROP TRIGGER ${trigger}`).run();
  await env.DB.prepare("ALTER TABLE usage_sums RENAME TO elsewhere").run();
  expect(before?.requests).toBe(7);
  expect(await sum()).toEqual([before]);
});
