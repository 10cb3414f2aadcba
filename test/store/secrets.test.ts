import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { parsePeppers } from "../../src/store/peppers.ts";
import {
  countKeysOnlyUnder,
  countSecretsByPepper,
  deleteSecretsUnder,
  hasSecretsUnder,
  listKeysOnlyUnder,
  rehashInsert,
} from "../../src/store/secrets.ts";
import { migrate, newSecret, type SeededKey, seedKey } from "../helpers/workerd.ts";
import { scansOf } from "./plans.ts";

beforeAll(migrate);
beforeEach(() => env.DB.prepare("DELETE FROM api_key_secrets").run());

const NOW = 1_000_000;
const ACTIVE = ["p2", "p1"];
const UNDER_OLD = { pepperId: "p1", active: ACTIVE, now: NOW };
const [pepper] = parsePeppers(`p2:${"B".repeat(43)}`);

const rowsOf = async (key: SeededKey) => {
  const { results } = await env.DB.prepare("SELECT * FROM api_key_secrets WHERE key_id = ? ORDER BY pepper_id")
    .bind(key.id)
    .all();
  return results;
};
const set = (key: SeededKey, assignment: string) =>
  env.DB.prepare(`UPDATE api_keys SET ${assignment} WHERE id = ?`).bind(key.id).run();

async function rehash(key: SeededKey): Promise<string> {
  const to = await pepper.hash(key.secret);
  await rehashInsert(env.DB, { from: key.hash, to, pepperId: "p2" }).run();
  return to;
}

describe("a secret that is hashed again", () => {
  test("has a second row that differs in nothing but the pepper", async () => {
    const key = await seedKey();
    await env.DB.prepare("UPDATE api_key_secrets SET hint = 'kg_test_…abcd', created_at = 7, expires_at = 9").run();
    const hash = await rehash(key);
    const row = { key_id: key.id, hint: "kg_test_…abcd", created_at: 7, expires_at: 9 };
    expect(await rowsOf(key)).toEqual([
      { ...row, hash: key.hash, pepper_id: "p1" },
      { ...row, hash, pepper_id: "p2" },
    ]);
  });

  test("has no third row, however often and at once it is done", async () => {
    const key = await seedKey();
    await Promise.all(Array.from({ length: 10 }, () => rehash(key)));
    expect(await rowsOf(key)).toHaveLength(2);
  });

  test("changes nothing the second time, so that isolates keep what they know of the key", async () => {
    const key = await seedKey();
    const changesOf = () =>
      env.DB.prepare("SELECT count(*) AS changes FROM record_changes WHERE subject = ?").bind(key.id).first("changes");
    await rehash(key);
    const before = await changesOf();
    await rehash(key);
    expect(await changesOf()).toBe(before);
  });

  test("keeps the end that its new row was given", async () => {
    const key = await seedKey();
    const hash = await rehash(key);
    await env.DB.prepare("UPDATE api_key_secrets SET expires_at = 5 WHERE hash = ?").bind(hash).run();
    await rehash(key);
    expect(await rowsOf(key)).toMatchObject([{ expires_at: null }, { expires_at: 5 }]);
  });

  test("is not brought back where it has gone", async () => {
    const key = await seedKey();
    await env.DB.prepare("DELETE FROM api_key_secrets").run();
    await rehash(key);
    expect(await rowsOf(key)).toEqual([]);
  });

  test("is left alone where its key is revoked", async () => {
    const key = await seedKey({ revokedAt: 2 });
    await rehash(key);
    expect(await rowsOf(key)).toMatchObject([{ pepper_id: "p1" }]);
  });
});

describe("what is under which pepper", () => {
  test("is counted, with the secrets in use that have no sibling", async () => {
    const [moved] = [await seedKey(), await seedKey(), await seedKey()];
    await rehash(moved);
    expect(await countSecretsByPepper(env.DB, ACTIVE, NOW)).toEqual([
      { pepperId: "p1", secrets: 3, alone: 2 },
      { pepperId: "p2", secrets: 1, alone: 0 },
    ]);
  });

  test.each([
    ["of a revoked key", (key: SeededKey) => set(key, "revoked_at = 2, revoked_by = 'root'")],
    ["of an expired key", (key: SeededKey) => set(key, `expires_at = ${NOW}`)],
    ["that has ended itself", () => env.DB.prepare("UPDATE api_key_secrets SET expires_at = ?").bind(NOW).run()],
  ])("counts no secret as in use %s", async (_, end) => {
    const key = await seedKey();
    expect(await countKeysOnlyUnder(env.DB, UNDER_OLD)).toBe(1);
    await end(key);
    expect(await countSecretsByPepper(env.DB, ACTIVE, NOW)).toEqual([{ pepperId: "p1", secrets: 1, alone: 0 }]);
    expect(await countKeysOnlyUnder(env.DB, UNDER_OLD)).toBe(0);
    expect((await listKeysOnlyUnder(env.DB, UNDER_OLD, { limit: 9, after: undefined })).items).toEqual([]);
  });

  test("takes a sibling under a pepper that is not active for none", async () => {
    await rehash(await seedKey());
    expect(await countKeysOnlyUnder(env.DB, { ...UNDER_OLD, active: ["p3", "p1"] })).toBe(1);
  });

  test("takes another secret of the same key for no sibling", async () => {
    const key = await seedKey();
    await env.DB.prepare(
      "INSERT INTO api_key_secrets (key_id, hash, pepper_id, hint, created_at) VALUES (?, 'h', 'p2', '…', 2)",
    )
      .bind(key.id)
      .run();
    expect(await countKeysOnlyUnder(env.DB, UNDER_OLD)).toBe(1);
  });

  test("is listed by key, each once, page after page", async () => {
    const keys = await Promise.all(Array.from({ length: 5 }, () => seedKey()));
    await rehash(keys[0] as SeededKey);
    const second = await pepper.hash(newSecret());
    await env.DB.prepare(
      "INSERT INTO api_key_secrets (key_id, hash, pepper_id, hint, created_at) VALUES (?, ?, 'p1', '…', 2)",
    )
      .bind(keys[1]?.id, second)
      .run();
    const expected = keys.slice(1).map(({ id }) => id);
    const first = await listKeysOnlyUnder(env.DB, UNDER_OLD, { limit: 3, after: undefined });
    const last = await listKeysOnlyUnder(env.DB, UNDER_OLD, { limit: 3, after: first.next });
    expect([...first.items, ...last.items].map(({ id }) => id)).toEqual(expected.sort());
    expect([first.items.length, last.next]).toEqual([3, undefined]);
    expect(first.items[0]).toEqual({
      id: expected[0],
      organizationId: keys.find(({ id }) => id === expected[0])?.organizationId,
      name: "Key",
      lastUsedAt: null,
    });
  });
});

describe("what is removed of a pepper", () => {
  test("has a sibling under the current one; the rest stays", async () => {
    const [moved, other] = [await seedKey(), await seedKey()];
    await rehash(moved);
    expect(await deleteSecretsUnder(env.DB, { pepperId: "p1", currentId: "p2", limit: 9 })).toBe(1);
    expect(await rowsOf(moved)).toMatchObject([{ pepper_id: "p2" }]);
    expect(await rowsOf(other)).toMatchObject([{ pepper_id: "p1" }]);
    expect(await hasSecretsUnder(env.DB, "p1")).toBe(true);
  });

  test("is so much at a time", async () => {
    for (let n = 0; n < 5; n++) await rehash(await seedKey());
    const removed = () => deleteSecretsUnder(env.DB, { pepperId: "p1", currentId: "p2", limit: 2 });
    expect([await removed(), await removed(), await removed(), await removed()]).toEqual([2, 2, 1, 0]);
    expect(await hasSecretsUnder(env.DB, "p1")).toBe(false);
  });
});

/** To count all secrets, an index is read through; the other is a list of a few. */
const ALLOWED_SCAN = /^SCAN (s USING (COVERING )?INDEX api_key_secrets_by_pepper|alone)\b/;

test("every question about secrets is answered from an index, and no table is read from end to end", async () => {
  const plans = await scansOf(async (db) => {
    await rehashInsert(db, { from: "a", to: "b", pepperId: "p2" }).run();
    await countSecretsByPepper(db, ACTIVE, NOW);
    await countKeysOnlyUnder(db, UNDER_OLD);
    await listKeysOnlyUnder(db, UNDER_OLD, { limit: 9, after: undefined });
    await deleteSecretsUnder(db, { pepperId: "p1", currentId: "p2", limit: 9 });
    await hasSecretsUnder(db, "p1");
  });
  expect(plans).toHaveLength(6);
  for (const { sql, scans } of plans) {
    expect([sql, scans.filter((scan) => !ALLOWED_SCAN.test(scan))]).toEqual([sql, []]);
  }
});
