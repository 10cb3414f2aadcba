import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { KEY_STATUSES } from "../../src/domain/key-status.ts";
import type { ManagedKey } from "../../src/records/key.ts";
import {
  countKeys,
  KEY_SORTS,
  type KeyFilter,
  type KeySort,
  keyCountQuery,
  keyListQuery,
  listKeys,
} from "../../src/store/key-list.ts";
import { keyUpdates } from "../../src/store/keys.ts";
import type { Cursor, Page } from "../../src/store/pages.ts";
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

/** From the last key to the first page, each page before the one that was seen. */
async function pagesBackOf(filter: KeyFilter, sort: KeySort, limit: number): Promise<string[]> {
  const last = (await pagesOf(filter, sort, 100)).at(-1);
  if (!last) return [];
  const seen = [last.id];
  let before: Cursor | undefined = cursorOf(last, sort);
  while (before) {
    const page: Page<ManagedKey> = await listKeys(env.DB, filter, sort, { limit, after: undefined, before }, NOW);
    expect(page.next?.id).toBe(page.items.at(-1)?.id);
    seen.unshift(...ids(page.items));
    before = page.previous;
  }
  return seen;
}

function cursorOf(key: ManagedKey, sort: KeySort): Cursor {
  const by = sort.replace("-", "");
  const time = by === "created_at" ? key.createdAt : by === "expires_at" ? key.expiresAt : (key.lastUsedAt ?? 0);
  return { sort, value: by === "name" ? key.name : time, id: key.id };
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
        expect(await pagesBackOf(filter, sort, limit)).toEqual(expected.map(({ id }) => id));
        expect(await countKeys(env.DB, filter, 1_000, NOW)).toBe(expected.length);
        expect(await countKeys(env.DB, filter, 3, NOW)).toBe(Math.min(3, expected.length));
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

  test("finds keys by one of many scopes", async () => {
    const tenant = await setUp();
    const [drawn] = fc.sample(anyKey(tenant), { numRuns: 1, seed: 1 }) as [ManagedKey];
    await addKeys([{ ...drawn, scopes: ["bundle-119"] }]);
    const names = Array.from({ length: 120 }, (_, number) => `bundle-${number}`);
    const found = async (scopeIn: readonly string[]) => {
      const filter = { organizationId: tenant.organizationId, scopeIn };
      expect(await countKeys(env.DB, filter, 10, NOW)).toBe((await pagesOf(filter, "created_at", 10)).length);
      return countKeys(env.DB, filter, 10, NOW);
    };
    expect(await found(names)).toBe(1);
    expect(await found(names.slice(0, -1))).toBe(0);
    expect(await found([])).toBe(0);
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

describe("a search", () => {
  test("finds a key by its id, by a part of it that is long enough, and by the end of each of its secrets", async () => {
    const tenant = await setUp();
    const [drawn] = fc.sample(anyKey(tenant), { numRuns: 1, seed: 1 }) as [ManagedKey];
    const key = { ...drawn, hint: "kg_live_…aB1c", name: "one", description: null };
    const other = {
      ...drawn,
      id: newId("key"),
      version: newId("ver"),
      hint: "kg_live_…zzzz",
      name: "two",
      description: null,
    };
    await addKeys([key, other]);
    await env.DB.prepare(
      "INSERT INTO api_key_secrets (hash, key_id, pepper_id, hint, created_at) VALUES (?1, ?2, 'p1', 'kg_live_…new9', 9)",
    )
      .bind(newId("hash"), key.id)
      .run();
    const found = async (q: string) => ids(await pagesOf({ organizationId: tenant.organizationId, q }, "name", 10));
    const { id } = key;
    for (const q of [id, id.slice(4), id.slice(0, 20), id.slice(-6), id.toUpperCase()])
      expect(await found(q)).toEqual([id]);
    for (const q of ["aB1c", "ab1C", "…aB1c", "...aB1c", "kg_live_…aB1c", "kg_live_...aB1c", "new9", "_…NEW9"])
      expect(await found(q)).toEqual([id]);
    for (const q of ["B1c", "key_", id.slice(-5), "kg_live", "kg_live_", "kg_test_…aB1c", "xaB1c", "…"])
      expect(await found(q)).toEqual([]);
  });

  test("finds no key of another organization by its hint or id", async () => {
    const [tenant, stranger] = [await setUp(), await setUp()];
    const [drawn] = fc.sample(anyKey(stranger), { numRuns: 1, seed: 1 }) as [ManagedKey];
    await addKeys([{ ...drawn, hint: "kg_live_…qqqq" }]);
    for (const q of ["qqqq", drawn.id]) {
      expect(await pagesOf({ organizationId: tenant.organizationId, q }, "name", 10)).toEqual([]);
    }
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
    ["text", { ...ofOrganization, q: "text to search" }],
    ["no use for long", { ...ofOrganization, unusedSince: 1 }],
    ["no use at all", { ...ofOrganization, neverUsed: true }],
    ["an end that is near", { ...ofOrganization, expiresBefore: 1 }],
    ["one of several scopes", { ...ofOrganization, scopeIn: ["a:read", "admin"] }],
    [
      "who sees",
      { ...ofOrganization, visibleTo: { organization: { memberId: "mem" }, workspace: { workspaceIds: ["ws"] } } },
    ],
  ];
  const all: KeyFilter = Object.assign({}, ...filters.map(([, filter]) => filter));
  const cursor = { sort: "", value: 1, id: "key" };
  const places = [{ after: undefined }, { after: cursor }, { after: undefined, before: cursor }];
  /** Looked up by a value, not walked through. */
  const byValue =
    /^SEARCH .*(\((id|key_id)=\?|COVERING INDEX (api_keys_with_plan \(organization_id=\?|api_key_secrets_by_ending \(<expr>=\?))/;

  test.each([...filters, ["all at once", all] as [string, KeyFilter]])(
    "filtered by %s walks the index of its order, and reads rows by their ids alone",
    async (_, filter) => {
      for (const sort of KEY_SORTS) {
        for (const place of places) {
          const steps = await planOf(keyListQuery(filter, sort, { limit: 50, ...place }, NOW));
          const reading = steps.filter((step) => /^(SCAN|SEARCH)/.test(step));
          const [walk, ...rest] = reading.filter((step) => !/^SCAN (page$|json_each (EXISTS )?VIRTUAL)/.test(step));
          expect(walk).toMatch(/^SEARCH api_keys USING COVERING INDEX api_keys_(listed|by_\w+) \(organization_id=\?/);
          for (const step of rest) expect(step).toMatch(byValue);
          const sorted = steps.slice(0, steps.indexOf("SCAN page")).some((step) => /TEMP B-TREE/.test(step));
          // Texts to search, and the times of use, are in one index alone.
          const isInOne = [filter.q, filter.unusedSince, filter.neverUsed].some((value) => value !== undefined);
          expect(sorted).toBe(isInOne && !sort.endsWith("created_at"));
        }
      }
      const [walk, ...rest] = (await planOf(keyCountQuery(filter, 1_000, NOW))).filter((step) =>
        /^(SEARCH|SCAN (?!json_each (?:EXISTS )?VIRTUAL|\(subquery))/.test(step),
      );
      expect(walk).toMatch(/^SEARCH api_keys USING COVERING INDEX api_keys_listed \(organization_id=\?/);
      for (const step of rest) expect(step).toMatch(byValue);
    },
  );

  async function planOf({ sql, values }: { sql: string; values: (string | number)[] }): Promise<string[]> {
    const explained = env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`).bind(...values);
    return (await explained.all<{ detail: string }>()).results.map(({ detail }) => detail);
  }
});
