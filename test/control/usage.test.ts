import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { findKey } from "../../src/control/access.ts";
import type { Caller, Control } from "../../src/control/control.ts";
import { adviseOnScopes } from "../../src/control/keys/advise.ts";
import { usageOfKeys } from "../../src/control/keys/collect-usage.ts";
import { withLastUse } from "../../src/control/keys/last-use.ts";
import { readUsage, type WantedUsage } from "../../src/control/keys/usage.ts";
import { readUsageOfAll, type WantedUsageOfAll } from "../../src/control/keys/usage-of-all.ts";
import { readUsageOfKeys } from "../../src/control/keys/usage-of-keys.ts";
import { standingOfKey } from "../../src/control/standing.ts";
import type { KeyRecord } from "../../src/domain/key.ts";
import type { KeyUse } from "../../src/domain/report.ts";
import { StorageFailure } from "../../src/store/boundary.ts";
import { readKeyRecord } from "../../src/store/key-records.ts";
import { readMember } from "../../src/store/members.ts";
import { writeHours } from "../../src/store/usage.ts";
import { usageQuery } from "../../src/store/usage-list.ts";
import { reportTo, settleCollector, useOf } from "../authority/collect.ts";
import { AT_START, as, codeOf, controlOf, GATEWAY, granted, root } from "../helpers/control.ts";
import { counting, migrate, newId, type Seed, type SeededKey, seedKey } from "../helpers/workerd.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** The days before the clock of these tests, by their beginning. */
const TODAY = AT_START - (AT_START % DAY);
const control = controlOf();

beforeAll(migrate);

const recordOf = async (key: SeededKey) => (await readKeyRecord(env.DB, key.environment, key.id)) as KeyRecord;

/** As the key's authority wrote it before there were collectors. */
async function use(key: SeededKey, hour: number, counts: Record<string, number>, scopes: Record<string, number> = {}) {
  const list = Object.entries(counts).map(([name, requests]) => {
    const [route, outcome] = name.split(" ") as [string, string];
    return { route, outcome, requests };
  });
  const usage = { hours: [{ hour, counts: list }], scopes: new Map(Object.entries(scopes)), usedAt: undefined };
  await writeHours(env.DB, await recordOf(key), usage);
}

/** A key of the same organization as another; one that reaches workspaces has the organization's first. */
async function anotherKey(of: SeededKey, seed: Seed = {}): Promise<SeededKey> {
  const key = await seedKey(seed);
  const run = (sql: string, ...values: string[]) => env.DB.prepare(sql).bind(...values);
  const { organizationId, memberId, workspaceIds } = of;
  const workspaces =
    "INSERT INTO api_key_workspaces (organization_id, key_id, workspace_id) SELECT ?, id, ? FROM api_keys WHERE id = ? AND reach = 'workspace'";
  await env.DB.batch([
    run("DELETE FROM api_key_workspaces WHERE key_id = ?", key.id),
    run("UPDATE api_keys SET organization_id = ?, member_id = ? WHERE id = ?", organizationId, memberId, key.id),
    run(workspaces, organizationId, workspaceIds[0] ?? "", key.id),
  ]);
  return { ...key, organizationId, memberId, workspaceIds };
}

async function memberOf(key: SeededKey, role: string): Promise<Caller> {
  const member = await readMember(env.DB, key.memberId);
  if (!member) throw new Error("no such member");
  return as({ ...member, role });
}

const read = (key: SeededKey, wanted: Partial<WantedUsage> = {}, caller: Caller = root()) =>
  readUsage(control, caller, {
    ...{ organizationId: key.organizationId, from: TODAY, to: TODAY + DAY, groupBy: [] },
    ...wanted,
  });
const rows = async (...asked: Parameters<typeof read>) =>
  granted(await read(...asked)).map(({ group, requests, refused }) => [...Object.values(group), requests, refused]);

describe("usage", () => {
  test("is summed up by whatever is asked for, in that order", async () => {
    const key = await seedKey();
    const other = await anotherKey(key, { environment: "production" });
    await use(key, TODAY, { "/a forwarded": 5, "/a rate_exceeded": 2, "/b forwarded": 1 });
    await use(key, TODAY + HOUR, { "/a forwarded": 3 });
    await use(other, TODAY + HOUR, { "/a scope_missing": 4 });
    expect(await rows(key)).toEqual([[15, 6]]);
    expect(await rows(key, { groupBy: ["hour"] })).toEqual([
      [TODAY, 8, 2],
      [TODAY + HOUR, 7, 4],
    ]);
    expect(await rows(key, { groupBy: ["day", "environment"] })).toEqual([
      [TODAY, "production", 4, 4],
      [TODAY, "sandbox", 11, 2],
    ]);
    expect(await rows(key, { groupBy: ["outcome", "route"], keyId: key.id })).toEqual([
      ["forwarded", "/a", 8, 0],
      ["forwarded", "/b", 1, 0],
      ["rate_exceeded", "/a", 2, 2],
    ]);
    expect(await rows(key, { groupBy: ["key"], environment: "production" })).toEqual([[other.id, 4, 4]]);
  });

  test("is that of the hours from the one that `from` lies in to before `to`", async () => {
    const key = await seedKey();
    for (const hour of [0, 1, 2]) await use(key, TODAY + hour * HOUR, { "/a forwarded": 10 ** hour });
    expect(await rows(key, { from: TODAY + 1.5 * HOUR, to: TODAY + 2 * HOUR })).toEqual([[10, 0]]);
    expect(await rows(key, { from: TODAY + 1.5 * HOUR, to: TODAY + 2 * HOUR + 1 })).toEqual([[110, 0]]);
    expect(await rows(key, { from: TODAY - DAY, to: TODAY })).toEqual([[0, 0]]);
  });

  test("never goes back where an authority tells of less", async () => {
    const key = await seedKey();
    await use(key, TODAY, { "/a forwarded": 5 });
    await use(key, TODAY, { "/a forwarded": 3, "/b forwarded": 1 });
    expect(await rows(key, { groupBy: ["route"] })).toEqual([
      ["/a", 5, 0],
      ["/b", 1, 0],
    ]);
  });

  test.each([
    ["hours and days at once", { groupBy: ["hour", "day"] }, "group_by"],
    ["a time that ends before it begins", { from: TODAY, to: TODAY }, "to"],
    ["more than 31 days ago by hour", { from: TODAY - 32 * DAY, to: TODAY - 30 * DAY, groupBy: ["hour"] }, "from"],
    ["more than 31 days by hour", { from: TODAY - 31 * DAY, to: TODAY + 1, groupBy: ["hour"] }, "to"],
    ["more than 366 days", { from: TODAY - 366 * DAY, to: TODAY + 1 }, "to"],
    ["an environment that there is not", { environment: "staging" }, "environment"],
  ] as [string, Partial<WantedUsage>, string][])("of %s is refused, and the field named", async (_, wanted, field) => {
    expect(await read(await seedKey(), wanted)).toMatchObject({ code: "validation_failed", errors: [{ field }] });
  });

  test("by hour may be of 31 days, and else of 366", async () => {
    const key = await seedKey();
    expect(codeOf(await read(key, { from: TODAY - 31 * DAY, to: TODAY, groupBy: ["hour"] }))).toBe("granted");
    expect(codeOf(await read(key, { from: TODAY - 366 * DAY, to: TODAY, groupBy: ["day"] }))).toBe("granted");
  });

  test("of more than 10,000 rows is refused", async () => {
    const key = await seedKey();
    const counts = Object.fromEntries(Array.from({ length: 5_001 }, (_, at) => [`/${at} forwarded`, 1]));
    await use(key, TODAY, counts);
    expect(codeOf(await read(key, { groupBy: ["hour", "route"] }))).toBe("granted");
    await use(key, TODAY + HOUR, counts);
    expect(await read(key, { groupBy: ["hour", "route"] })).toMatchObject({ errors: [{ field: "group_by" }] });
    expect(await rows(key)).toEqual([[10_002, 0]]);
  });

  test("of those with the most requests alone is told however many there are", async () => {
    const key = await seedKey();
    await use(key, TODAY, { "/a forwarded": 1, "/b forwarded": 30, "/c rate_exceeded": 4, "/d forwarded": 2 });
    expect(await rows(key, { groupBy: ["route"], top: { by: "requests", count: 2 } })).toEqual([
      ["/b", 30, 0],
      ["/c", 4, 4],
    ]);
  });

  test("of another organization, or of a key of another, is not found", async () => {
    const [key, foreign] = [await seedKey(), await seedKey()];
    const owner = await memberOf(key, "owner");
    expect(codeOf(await read(foreign, {}, owner))).toBe("not_found");
    expect(codeOf(await read(key, { keyId: foreign.id }, owner))).toBe("not_found");
    expect(codeOf(await read(key, { keyId: foreign.id }))).toBe("not_found");
    expect(codeOf(await read(key, { keyId: newId("key") }))).toBe("not_found");
  });

  test("needs its scope", async () => {
    const key = await seedKey();
    expect(codeOf(await read(key, {}, await memberOf(key, "member")))).toBe("scope_missing");
    expect(codeOf(await read(key, {}, await memberOf(key, "owner")))).toBe("granted");
  });

  test("is that of the keys alone that the caller manages", async () => {
    const key = await seedKey({ role: "admin", memberWorkspaces: 0 });
    const ofWorkspace = await anotherKey(key, { reach: "workspace" });
    await use(key, TODAY, { "/a forwarded": 1 });
    await use(ofWorkspace, TODAY, { "/a forwarded": 10 });
    // An admin manages the workspace keys of their own workspaces, and this one's is not among them.
    const admin = await memberOf(key, "admin");
    expect(await rows(key, {}, admin)).toEqual([[1, 0]]);
    expect(codeOf(await read(key, { keyId: ofWorkspace.id }, admin))).toBe("not_found");
    expect(await rows(key, {}, await memberOf(key, "owner"))).toEqual([[11, 0]]);
  });

  test("is that of the caller's own environment where a sandbox key asks", async () => {
    const key = await seedKey();
    const live = await anotherKey(key, { environment: "production" });
    await use(key, TODAY, { "/a forwarded": 1 });
    await use(live, TODAY, { "/a forwarded": 10 });
    const standing = standingOfKey(await recordOf(key), GATEWAY);
    expect(await rows(key, {}, { ...root(), standing })).toEqual([[1, 0]]);
  });

  test.each([
    ["an organization", undefined],
    ["some keys", ["key_1", "key_2"]],
  ])("of %s is found by an index, and by no walk through a table", async (_, keyIds) => {
    const span = { from: 0, to: DAY };
    const groups = ["hour", "outcome"] as const;
    const wanted = { organizationId: "org_1", keyIds, groups, span, days: span, liveFrom: [DAY, DAY] };
    const { sql, values } = usageQuery(wanted, 10);
    const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .bind(...values)
      .all<{ detail: string }>();
    for (const [table, at] of [
      ["usage_hours", "hour"],
      [keyIds ? "usage_days" : "usage_sums", "day"],
    ] as const) {
      const found = results.filter(({ detail }) => detail.includes(table));
      const index = keyIds ? `(key_id=? AND ${at}>? AND ${at}<?)` : `(organization_id=? AND ${at}>? AND ${at}<?)`;
      expect(found.map(({ detail }) => detail.startsWith("SEARCH") && detail.includes(index))).toEqual([true]);
    }
  });
});

describe("usage that collectors have", () => {
  const answered = (requests: number, ...answers: number[]) => ({
    counts: [{ route: "/a", outcome: "forwarded", requests, answered: answers }],
  });
  const counts = (requests: number, outcome = "forwarded") => ({ counts: [{ route: "/a", outcome, requests }] });
  const several = controlOf({ ...GATEWAY, collectors: 3 });
  let sent = 0;
  /** To the collectors, at that time. */
  async function report(collector: number, at: number, ...uses: KeyUse[]) {
    vi.setSystemTime(at);
    sent += 1;
    await reportTo(collector, { sender: "isolate", number: sent, keys: uses });
  }
  const settleAll = () => Promise.all([0, 1, 2].map(settleCollector));
  const sum = async (key: SeededKey, wanted: Partial<WantedUsage> = {}, with_: Control = several) => {
    vi.setSystemTime(AT_START);
    const span = { organizationId: key.organizationId, from: TODAY - 2 * DAY, to: TODAY + DAY, groupBy: [] };
    return readUsage(with_, root(), { ...span, ...wanted });
  };
  const rowsOf = async (...asked: Parameters<typeof sum>) =>
    granted(await sum(...asked)).map(({ group, requests, refused }) => [...Object.values(group), requests, refused]);

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"], now: AT_START });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("says what origins answered and the bytes, the same before and after D1 has it, beside what has none", async () => {
    const key = await seedKey();
    await use(key, TODAY, { "/a forwarded": 1_000, "/a scope_missing": 7 });
    await report(0, TODAY - DAY + HOUR, useOf(key, answered(10, 0, 6, 1, 2, 1, 0, 50, 700)));
    await report(0, TODAY - DAY + HOUR, useOf(key, answered(5, 1, 4, 0, 0, 0, 0, 5, 70)));
    await report(1, TODAY + HOUR, useOf(key, counts(3, "origin_timeout")));
    for (const settle of [async () => {}, settleAll, settleAll]) {
      await settle();
      const [row] = granted(await sum(key));
      expect(row).toEqual({
        ...{ group: {}, requests: 1_025, refused: 10, failed: 13 },
        answered: [1, 10, 1, 2, 1, 0, 55, 770],
      });
    }
  });

  test("can be of some outcomes and one route alone", async () => {
    const key = await seedKey();
    await use(key, TODAY, { "/a rate_exceeded": 1, "/b rate_exceeded": 2, "/a forwarded": 4 });
    await report(0, AT_START, useOf(key, counts(8, "rate_exceeded")), useOf(key, counts(16)));
    expect(await rowsOf(key, { outcomes: ["rate_exceeded", "quota_exceeded"] })).toEqual([[11, 11]]);
    expect(await rowsOf(key, { outcomes: ["rate_exceeded"], route: "/a" })).toEqual([[9, 9]]);
    expect(await rowsOf(key, { route: "/a", groupBy: ["organization"] })).toEqual([[key.organizationId, 29, 9]]);
  });

  test("is the same before and after they have told D1, and from all of them together, with that of before there were any", async () => {
    const key = await seedKey();
    const other = await anotherKey(key);
    await use(key, TODAY - 2 * DAY, { "/a forwarded": 1_000 });
    await use(key, TODAY, { "/a forwarded": 2_000 });
    await report(0, TODAY - DAY + HOUR, useOf(key, counts(1)));
    await report(1, TODAY - DAY + 2 * HOUR, useOf(key, counts(2, "scope_missing")));
    await settleAll();
    await report(0, TODAY + HOUR, useOf(key, counts(10)), useOf(other, counts(500)));
    await report(2, TODAY + HOUR, useOf(key, counts(20)));
    await report(0, AT_START, useOf(key, counts(40)));
    for (const settle of [async () => {}, settleAll, settleAll]) {
      await settle();
      expect(await rowsOf(key, { groupBy: ["key", "day"] })).toEqual(
        [
          ...[[key.id, TODAY - 2 * DAY, 1_000, 0]],
          ...[[key.id, TODAY - DAY, 3, 2]],
          ...[[key.id, TODAY, 2_070, 0]],
          ...[[other.id, TODAY, 500, 0]],
        ].sort(),
      );
      expect(await rowsOf(key, { groupBy: ["hour"], keyId: key.id })).toEqual([
        [TODAY - 2 * DAY, 1_000, 0],
        [TODAY - DAY + HOUR, 1, 0],
        [TODAY - DAY + 2 * HOUR, 2, 2],
        [TODAY, 2_000, 0],
        [TODAY + HOUR, 30, 0],
        [AT_START, 40, 0],
      ]);
      expect(await rowsOf(key, { from: TODAY - DAY + 1.5 * HOUR, to: TODAY + 2 * HOUR, keyId: key.id })).toEqual([
        [2_033, 2],
      ]);
      expect(await rowsOf(key, { from: TODAY - DAY + 2 * HOUR, to: AT_START, groupBy: ["outcome"] })).toEqual([
        ["forwarded", 2_530, 0],
        ["scope_missing", 2, 2],
      ]);
      vi.setSystemTime(AT_START + HOUR);
    }
  });

  test("is all there where the configuration has fewer collectors by now", async () => {
    const key = await seedKey();
    for (const number of [0, 1, 2]) await report(number, AT_START, useOf(key, counts(10 ** number)));
    await settleAll();
    expect(await rowsOf(key, {}, control)).toEqual([[111, 0]]);
  });

  test("is refused, and not too low, while one of them cannot be asked", async () => {
    const key = await seedKey();
    const readUsage: Control["readUsage"] = (number, question) =>
      number === 1 ? Promise.reject(new StorageFailure("down")) : several.readUsage(number, question);
    expect(await sum(key, {}, { ...several, readUsage })).toEqual({ code: "usage_unavailable" });
    const broken = () => Promise.reject(new TypeError("a broken invariant"));
    await expect(sum(key, {}, { ...several, readUsage: broken })).rejects.toThrow("a broken invariant");
  });

  test("is refused where it is more than an answer can read", async () => {
    const readUsage = () => Promise.resolve("too much" as const);
    expect(await sum(await seedKey(), {}, { ...several, readUsage })).toMatchObject({ errors: [{ field: "from" }] });
  });

  test("is that of the keys alone that the caller manages", async () => {
    const key = await seedKey({ reach: "workspace", memberWorkspaces: 1 });
    const foreign = await anotherKey(key, { reach: "organization" });
    await report(0, AT_START, useOf(key, counts(1)), useOf(foreign, counts(10)));
    const standing = standingOfKey(await recordOf(key), GATEWAY);
    vi.setSystemTime(AT_START);
    const asked = { organizationId: key.organizationId, from: TODAY, to: TODAY + DAY, groupBy: ["key"] as const };
    const seenBy = async (caller: Caller) =>
      granted(await readUsage(several, caller, asked)).map(({ group }) => group.key);
    expect(await seenBy(root())).toEqual([key.id, foreign.id].sort());
    expect(await seenBy(await memberOf(key, "owner"))).toEqual([key.id, foreign.id].sort());
    expect(
      await seenBy({ ...root(), standing: { ...standing, manages: { organization: "none", workspace: "own" } } }),
    ).toEqual([key.id]);
  });

  test("of a hundred keys by day is one question to each collector and one to D1", async () => {
    const keys = await Promise.all(Array.from({ length: 5 }, () => seedKey()));
    const organizationId = keys[0]?.organizationId as string;
    const own = keys.map((key) => ({ ...key, organizationId }));
    await use(own[0] as SeededKey, TODAY - 6 * DAY, { "/a forwarded": 7 });
    await report(0, TODAY - DAY, ...own.map((key, at) => useOf(key, counts(at + 1))));
    await settleAll();
    await report(0, AT_START, useOf(own[4] as SeededKey, counts(9, "scope_missing")));
    const { binding, calls } = counting(env.DB);
    let questions = 0;
    const readUsage: Control["readUsage"] = (...asked) => {
      questions += 1;
      return several.readUsage(...asked);
    };
    const found = await usageOfKeys(
      { ...several, db: binding, readUsage },
      organizationId,
      [own[0]?.id ?? "", own[4]?.id ?? ""],
      7,
    );
    expect(granted(found).map(({ group, requests, refused }) => [group.key, group.day, requests, refused])).toEqual(
      [
        [own[0]?.id, TODAY - 6 * DAY, 7, 0],
        [own[0]?.id, TODAY - DAY, 1, 0],
        [own[4]?.id, TODAY - DAY, 5, 0],
        [own[4]?.id, TODAY, 9, 9],
      ].sort(),
    );
    expect([questions, calls]).toEqual([3, ["first", "all"]]);
  });

  test("of keys in a list is that of collectors too, a number for each day, and of nobody who cannot see usage", async () => {
    const key = await seedKey();
    await use(key, TODAY - 6 * DAY, { "/a forwarded": 7 });
    await report(0, TODAY - DAY, useOf(key, counts(3)));
    await settleAll();
    await report(1, AT_START, useOf(key, counts(5, "scope_missing")));
    const asked = (caller: Caller, with_ = several) =>
      readUsageOfKeys(with_, caller, key.organizationId, [key, { id: "key_unused" }], 7);
    expect([...((await asked(root())) ?? [])]).toEqual([
      [key.id, [7, 0, 0, 0, 0, 3, 5]],
      ["key_unused", [0, 0, 0, 0, 0, 0, 0]],
    ]);
    const blind = { ...root(), standing: { ...(await memberOf(key, "owner")).standing, scopes: new Set<string>() } };
    expect(await asked(blind as Caller)).toBeUndefined();
    const failing = { ...several, readUsage: () => Promise.reject(new StorageFailure("down")) };
    expect(await asked(root(), failing)).toBeUndefined();
  });

  test("has the last use of a key as it is, and as D1 has it where the collector cannot be asked", async () => {
    const key = await seedKey();
    await report(0, AT_START - 5_000, useOf(key, { usedMsAgo: 1_000 }));
    const managed = granted(await findKey(control, root(), key.id, "api_keys:read"));
    expect(managed.lastUsedAt).toBeNull();
    expect((await withLastUse(control, managed)).lastUsedAt).toBe(AT_START - 6_000);
    await settleAll();
    expect((await withLastUse(control, managed)).lastUsedAt).toBe(AT_START - 6_000);
    expect((await withLastUse(control, { ...managed, lastUsedAt: AT_START })).lastUsedAt).toBe(AT_START);
    const down = { readLastUse: () => Promise.reject(new Error("down")) };
    expect(await withLastUse(down, { ...managed, lastUsedAt: 5 })).toMatchObject({ lastUsedAt: 5 });
  });
});

describe("usage of all organizations", () => {
  const several = controlOf({ ...GATEWAY, collectors: 3 });
  const TOP = { by: "requests", count: 100 } as const;
  let sent = 0;
  const report = (collector: number, ...uses: KeyUse[]) => {
    sent += 1;
    return reportTo(collector, { sender: "all", number: sent, keys: uses });
  };
  const of = (outcome: string, requests: number) => ({ counts: [{ route: "/all", outcome, requests }] });
  const read = (wanted: Partial<WantedUsageOfAll> = {}, caller = root()) =>
    readUsageOfAll(several, caller, {
      from: TODAY,
      to: AT_START,
      route: "/all",
      groupBy: ["key"],
      top: TOP,
      ...wanted,
    });
  const rowsOf = async (wanted: Partial<WantedUsageOfAll> = {}) =>
    granted(await read(wanted)).sums.map(({ group, requests, failed }) => [...Object.values(group), requests, failed]);

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"], now: AT_START });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("says who was refused by a limit today, and which keys fail, with their names, whichever collector knows", async () => {
    const [one, other, third] = [await seedKey(), await seedKey(), await seedKey()];
    await report(0, useOf(one, of("rate_exceeded", 5)), useOf(other, of("quota_exceeded", 9)));
    await report(1, useOf(third, of("forwarded", 100)), useOf(third, of("scope_missing", 20)));
    const limited = { outcomes: ["rate_exceeded", "quota_exceeded"], groupBy: ["key", "outcome"] } as const;
    const expected = [
      [other.organizationId, other.id, "quota_exceeded", 9, 9],
      [one.organizationId, one.id, "rate_exceeded", 5, 5],
    ];
    for (const settle of [async () => {}, () => Promise.all([0, 1].map(settleCollector))]) {
      await settle();
      expect(await rowsOf(limited)).toEqual(expected);
      expect(await rowsOf({ top: { by: "failed", count: 2 } })).toEqual([
        [third.organizationId, third.id, 120, 20],
        [other.organizationId, other.id, 9, 9],
      ]);
      expect(await rowsOf({ groupBy: ["organization"], top: { by: "requests", count: 1 } })).toEqual([
        [third.organizationId, 120, 20],
      ]);
    }
    const { names } = granted(await read(limited));
    expect([...names.keys()].sort()).toEqual([one.id, other.id, one.organizationId, other.organizationId].sort());
  });

  test("is of whole days, and asks each collector once, however many organizations there are", async () => {
    const keys = await Promise.all(Array.from({ length: 12 }, () => seedKey()));
    vi.setSystemTime(AT_START - 3 * DAY);
    await report(0, ...keys.map((key) => useOf(key, of("rate_exceeded", 2))));
    vi.setSystemTime(AT_START);
    let asked = 0;
    const counting: typeof several.readUsage = (...question) => {
      asked += 1;
      return several.readUsage(...question);
    };
    const wanted = { from: AT_START - 3 * DAY, to: AT_START - 3 * DAY + 1, groupBy: [], top: TOP };
    const found = granted(
      await readUsageOfAll({ ...several, readUsage: counting }, root(), { route: "/all", ...wanted }),
    );
    expect([found.sums.map(({ requests }) => requests), asked]).toEqual([[24], 3]);
    expect(await rowsOf({ ...wanted, from: AT_START - 2 * DAY, to: AT_START - DAY })).toEqual([]);
  });

  test("is for the root token, of the days that collectors keep, and not by hour", async () => {
    const key = await seedKey();
    expect(codeOf(await read({}, await memberOf(key, "owner")))).toBe("management_forbidden");
    expect(codeOf(await read({ groupBy: ["hour"] }))).toBe("validation_failed");
    expect(codeOf(await read({ from: AT_START - 40 * DAY }))).toBe("validation_failed");
    expect(codeOf(await read({ from: AT_START, to: AT_START }))).toBe("validation_failed");
    expect(codeOf(await read({ environment: "nowhere" }))).toBe("validation_failed");
  });

  test("is not told too low: it cannot be read while one collector cannot be asked", async () => {
    const failing = { ...several, readUsage: () => Promise.reject(new StorageFailure("COURIER")) };
    const wanted = { from: TODAY, to: AT_START, groupBy: ["key"], top: TOP } as const;
    expect(codeOf(await readUsageOfAll(failing, root(), wanted))).toBe("usage_unavailable");
  });
});

describe("advice on a key's scopes", () => {
  const scopes = ["signatures:read", "signatures:write", "folders:read"];
  const advise = (key: SeededKey, days = 30, caller: Caller = root()) => adviseOnScopes(control, caller, key.id, days);
  const madeBefore = (key: SeededKey, days: number) =>
    env.DB.prepare("UPDATE api_keys SET created_at = ? WHERE id = ?")
      .bind(control.now() - days * DAY, key.id)
      .run();

  test("tells when each was last used, and which were not in so many days", async () => {
    const key = await seedKey({ scopes });
    await use(key, TODAY, {}, { "signatures:read": TODAY, "signatures:write": TODAY - 31 * DAY });
    expect(granted(await advise(key))).toEqual({
      scopes: [
        { scope: "folders:read", lastUsedAt: null },
        { scope: "signatures:read", lastUsedAt: TODAY },
        { scope: "signatures:write", lastUsedAt: TODAY - 31 * DAY },
      ],
      unused: ["folders:read", "signatures:write"],
      tooYoung: false,
    });
    expect(granted(await advise(key, 31)).unused).toEqual(["folders:read"]);
  });

  test("is about what the key can do: bundles expanded, and no more than its role and permission let it", async () => {
    const key = await seedKey({ scopes: ["read:all", "signatures:write"], permission: "read-only" });
    const names = granted(await advise(key)).scopes.map(({ scope }) => scope);
    expect(names).toEqual(["folders:read", "integrations:read", "signatures:read", "teammates:read"]);
  });

  test("does not speak of the management API, whose use is not counted", async () => {
    const key = await seedKey({ scopes: ["admin"] });
    const { unused } = granted(await advise(key));
    expect(unused).toContain("folders:read");
    expect(unused.filter((scope) => scope.startsWith("api_keys:"))).toEqual([]);
  });

  test("names nothing as unused while the key is too young to tell", async () => {
    const key = await seedKey({ scopes });
    await madeBefore(key, 29);
    expect(granted(await advise(key))).toMatchObject({ unused: [], tooYoung: true });
    await madeBefore(key, 30);
    expect(granted(await advise(key))).toMatchObject({
      unused: ["folders:read", "signatures:read", "signatures:write"],
      tooYoung: false,
    });
  });

  test("needs the scopes for keys and for usage, and a key that the caller manages", async () => {
    const key = await seedKey();
    expect(codeOf(await advise(key, 30, await memberOf(key, "owner")))).toBe("granted");
    expect(codeOf(await advise(key, 30, await memberOf(key, "member")))).toBe("scope_missing");
    expect(codeOf(await advise(await seedKey(), 30, await memberOf(key, "owner")))).toBe("not_found");
  });

  test.each([0, 367, 1.5])("for %d days is refused", async (days) => {
    expect(await advise(await seedKey(), days)).toMatchObject({ errors: [{ field: "days" }] });
  });
});
