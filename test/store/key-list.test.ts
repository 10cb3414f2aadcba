import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { KEY_STATUSES } from "../../src/domain/key-status.ts";
import type { ManagedKey } from "../../src/records/key.ts";
import { KEY_SORTS, type KeyFilter, type KeySort, keyListQuery, listKeys } from "../../src/store/key-list.ts";
import { keyUpdates } from "../../src/store/keys.ts";
import type { Cursor } from "../../src/store/pages.ts";
import { migrate, newId } from "../helpers/workerd.ts";
import { addKeys, anyFilter, anyKey, matches, NOW, ofStatus, order, setUp } from "./key-list.ts";

beforeAll(migrate);

async function pagesOf(
  filter: KeyFilter,
  sort: KeySort,
  limit: number,
  between: () => Promise<unknown> = async () => undefined,
): Promise<ManagedKey[]> {
  const seen: ManagedKey[] = [];
  let after: Cursor | undefined;
  do {
    const page = await listKeys(env.DB, filter, sort, { limit, after }, NOW);
    expect(page.items.length).toBeLessThanOrEqual(limit);
    if (page.next) expect(page.items.length).toBe(limit);
    seen.push(...page.items);
    after = page.next;
    if (after) await between();
  } while (after);
  return seen;
}

const ids = (keys: readonly ManagedKey[]) => keys.map(({ id }) => id);
const anySort = fc.constantFrom(...KEY_SORTS);

describe("a list of keys", () => {
  test("holds the keys that match, in order, each once, whatever it filters and sorts by", async () => {
    const tenant = await setUp();
    await addKeys(fc.sample(anyKey(await setUp()), { numRuns: 5, seed: 2 }));
    const keys = await addKeys(fc.sample(anyKey(tenant), { numRuns: 80, seed: 1 }));
    await fc.assert(
      fc.asyncProperty(anyFilter(tenant), anySort, fc.integer({ min: 1, max: 60 }), async (filter, sort, limit) => {
        const expected = keys.filter((key) => matches(key, filter)).sort(order(sort));
        expect(await pagesOf(filter, sort, limit)).toEqual(expected);
      }),
      { numRuns: 150 },
    );
  });

  test.each(KEY_SORTS)("sorted by %s shows every key that was there, once, while others are added", async (sort) => {
    const tenant = await setUp();
    const [there = [], added = []] = [1, 2].map((seed) => fc.sample(anyKey(tenant), { numRuns: 15, seed }));
    await addKeys(there);
    const add = () => addKeys(added.splice(0, 3));
    const seen = ids(await pagesOf({ organizationId: tenant.organizationId }, sort, 4, add));
    expect(new Set(seen).size).toBe(seen.length);
    for (const { id } of there) expect(seen).toContain(id);
  });

  test("follows a key's scopes and workspaces as they change", async () => {
    const tenant = await setUp();
    const [workspace, other] = tenant.workspaceIds as [string, string];
    const [drawn] = fc.sample(anyKey(tenant), { numRuns: 1, seed: 1 }) as [ManagedKey];
    const before = {
      ...drawn,
      revokedAt: null,
      reach: "workspace" as const,
      scopes: ["a:read"],
      workspaceIds: [workspace],
    };
    await addKeys([before]);
    const after = { ...before, scopes: ["b:read"], workspaceIds: [other], version: newId("ver") };
    await env.DB.batch(keyUpdates(env.DB, after, before.version));
    const { organizationId } = tenant;
    const found = async (filter: Partial<KeyFilter>) =>
      (await pagesOf({ organizationId, ...filter }, "created_at", 10)).length;
    expect(await found({ scope: "a:read" })).toBe(0);
    expect(await found({ scope: "b:read" })).toBe(1);
    expect(await found({ workspaceId: workspace })).toBe(0);
    expect(await found({ workspaceId: other })).toBe(1);
    const own = { visibleTo: { organization: "none", workspace: { workspaceIds: [workspace] } } } as const;
    expect(await found(own)).toBe(0);
    await env.DB.prepare("DELETE FROM workspaces WHERE id = ?").bind(other).run();
    expect(await found({ workspaceId: other })).toBe(0);
    expect(await found(own)).toBe(1);
  });

  test("finds text of any length, and takes the wildcards of SQL for themselves", async () => {
    const tenant = await setUp();
    const [drawn] = fc.sample(anyKey(tenant), { numRuns: 1, seed: 1 }) as [ManagedKey];
    const description = `100%_done\\ ${"x".repeat(300)}`;
    await addKeys([{ ...drawn, description }]);
    const found = async (q: string) =>
      (await pagesOf({ organizationId: tenant.organizationId, q }, "created_at", 10)).length;
    for (const q of [description, "0%_D", "\\", "%"]) expect(await found(q)).toBe(1);
    for (const q of ["1%done", "100_", "%_%", "'", "\\\\"]) expect(await found(q)).toBe(0);
  });
});

describe("the query of a list", () => {
  const ofOrganization: KeyFilter = { organizationId: "org" };
  const filters: [string, KeyFilter][] = [
    ["nothing", ofOrganization],
    ["environment", { ...ofOrganization, environment: "sandbox" }],
    ["reach", { ...ofOrganization, reach: "workspace" }],
    ["permission", { ...ofOrganization, permission: "read-only" }],
    ...KEY_STATUSES.map((status): [string, KeyFilter] => [
      `status ${status}`,
      { ...ofOrganization, status: ofStatus(status) },
    ]),
    ["member", { ...ofOrganization, memberId: "mem" }],
    ["workspace", { ...ofOrganization, workspaceId: "ws" }],
    ["scope", { ...ofOrganization, scope: "a:read" }],
    ["text", { ...ofOrganization, q: "text" }],
    [
      "who sees",
      { ...ofOrganization, visibleTo: { organization: { memberId: "mem" }, workspace: { workspaceIds: ["ws"] } } },
    ],
  ];
  const all: KeyFilter = Object.assign({}, ...filters.map(([, filter]) => filter));
  const afters: (Cursor | undefined)[] = [undefined, { sort: "", value: 1, id: "key" }];

  test.each([...filters, ["all at once", all] as [string, KeyFilter]])(
    "filtered by %s walks the index of its order, and reads rows by their ids alone",
    async (_, filter) => {
      for (const sort of KEY_SORTS) {
        for (const after of afters) {
          const { sql, values } = keyListQuery(filter, sort, { limit: 50, after }, NOW);
          const explained = env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`).bind(...values);
          const steps = (await explained.all<{ detail: string }>()).results.map(({ detail }) => detail);
          const reading = steps.filter((step) => /^(SCAN|SEARCH)/.test(step));
          const [walk, ...rest] = reading.filter((step) => !/^SCAN (page$|json_each VIRTUAL)/.test(step));
          expect(walk).toMatch(/^SEARCH api_keys USING COVERING INDEX api_keys_(listed|by_\w+) \(organization_id=\?/);
          const byId = /^SEARCH .*(\((id|key_id)=\?|COVERING INDEX api_keys_with_plan \(organization_id=\?)/;
          for (const step of rest) expect(step).toMatch(byId);
          const sorted = steps.slice(0, steps.indexOf("SCAN page")).some((step) => /TEMP B-TREE/.test(step));
          // Texts to search are in one index alone.
          expect(sorted).toBe(filter.q !== undefined && !sort.endsWith("created_at"));
        }
      }
    },
  );
});
