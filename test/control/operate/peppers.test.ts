import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Control } from "../../../src/control/control.ts";
import { listKeysOfPepper, listPeppers, retirePepper } from "../../../src/control/operate/peppers.ts";
import { KeyFinder } from "../../../src/store/key-finder.ts";
import { parsePeppers } from "../../../src/store/peppers.ts";
import { as, codeOf, controlOf, granted, root } from "../../helpers/control.ts";
import { makeMember, makeOrganization } from "../../helpers/people.ts";
import { migrate, type SeededKey, seedKey } from "../../helpers/workerd.ts";

beforeAll(migrate);
beforeEach(() => env.DB.prepare("DELETE FROM api_key_secrets").run());

// What tests seed is stored under p1.
const BOTH = parsePeppers(`p2:${"B".repeat(43)},${env.KEYGATE_PEPPERS}`);
const control = (peppers = BOTH): Control => ({ ...controlOf(), peppers });
const PAGE = { limit: 10, after: undefined };
const GENTLY = { force: false };
const BY_FORCE = { force: true };

const rehash = ({ secret, id, hash }: SeededKey) =>
  new KeyFinder(env.KV, env.DB, BOTH).rehash(secret, { keyId: id, hash });
const countSecrets = () => env.DB.prepare("SELECT count(*) AS rows FROM api_key_secrets").first("rows");

describe("the list of peppers", () => {
  test("tells of each whether it is in use, and how many secrets would be lost with it", async () => {
    const moved = await seedKey();
    await seedKey();
    await rehash(moved);
    await env.DB.prepare(
      "INSERT INTO api_key_secrets (key_id, hash, pepper_id, hint, created_at) VALUES (?, 'h', 'p0', '…', 5)",
    )
      .bind(moved.id)
      .run();
    expect(granted(await listPeppers(control(), root()))).toEqual([
      { id: "p2", status: "current", secrets: 1, alone: 0 },
      { id: "p1", status: "retiring", secrets: 2, alone: 1 },
      { id: "p0", status: "inactive", secrets: 1, alone: 1 },
    ]);
  });

  test("has the current pepper, even where nothing is stored under it", async () => {
    expect(granted(await listPeppers(control(), root()))).toEqual([
      { id: "p2", status: "current", secrets: 0, alone: 0 },
      { id: "p1", status: "retiring", secrets: 0, alone: 0 },
    ]);
  });
});

test("the keys that would stop working without a pepper are listed", async () => {
  const [moved, other] = [await seedKey(), await seedKey()];
  await rehash(moved);
  const { items, next } = granted(await listKeysOfPepper(control(), root(), "p1", PAGE));
  expect([items.map(({ id }) => id), next]).toEqual([[other.id], undefined]);
});

describe("to retire a pepper", () => {
  test("removes what is stored under the current one too, and loses no key", async () => {
    const keys = [await seedKey(), await seedKey()];
    for (const key of keys) await rehash(key);
    expect(await countSecrets()).toBe(4);
    expect(await retirePepper(control(), root(), "p1", GENTLY)).toEqual({ removed: 2, hasMore: false, lostKeys: 0 });
    expect(granted(await listPeppers(control(), root()))).toMatchObject([{ id: "p2", secrets: 2 }, { secrets: 0 }]);
    expect(await retirePepper(control(), root(), "p1", GENTLY)).toEqual({ removed: 0, hasMore: false, lostKeys: 0 });
  });

  test("is refused while keys would be lost, and tells how many", async () => {
    await rehash(await seedKey());
    for (let n = 0; n < 3; n++) await seedKey();
    expect(await retirePepper(control(), root(), "p1", GENTLY)).toEqual({
      code: "conflict",
      problem: expect.stringContaining("3 keys have a secret that is stored only under p1"),
    });
    expect(await countSecrets()).toBe(5);
  });

  test("by force leaves the keys that would be lost as they are, so that they work until the pepper is taken away", async () => {
    const [moved, other] = [await seedKey(), await seedKey()];
    await rehash(moved);
    expect(await retirePepper(control(), root(), "p1", BY_FORCE)).toEqual({ removed: 1, hasMore: false, lostKeys: 1 });
    expect(await new KeyFinder(env.KV, env.DB, BOTH).inD1(other.secret)).toEqual({ keyId: other.id, hash: other.hash });
  });

  test("does not wait for keys that are revoked", async () => {
    await seedKey({ revokedAt: 2 });
    expect(await retirePepper(control(), root(), "p1", GENTLY)).toMatchObject({ lostKeys: 0 });
  });

  test.each([GENTLY, BY_FORCE])("is refused for the current one, with %o", async (how) => {
    await seedKey();
    expect(await retirePepper(control(), root(), "p2", how)).toMatchObject({
      code: "conflict",
      problem: expect.stringContaining("current"),
    });
    expect(await retirePepper(control(parsePeppers(env.KEYGATE_PEPPERS)), root(), "p1", how)).toMatchObject({
      code: "conflict",
    });
    expect(await countSecrets()).toBe(1);
  });

  test("that was taken away already removes what is left of it, and asks nothing", async () => {
    const [moved] = [await seedKey(), await seedKey()];
    await rehash(moved);
    const after = control(parsePeppers(`p2:${"B".repeat(43)}`));
    expect(await retirePepper(after, root(), "p1", GENTLY)).toEqual({ removed: 1, hasMore: false, lostKeys: 0 });
  });

  test("that never was is not found", async () => {
    expect(codeOf(await retirePepper(control(), root(), "p9", BY_FORCE))).toBe("not_found");
  });

  test("goes on in further calls where there is much to remove", async () => {
    const key = await seedKey();
    const many = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
      INSERT INTO api_key_secrets (key_id, hash, pepper_id, hint, created_at) SELECT ?1, ?2 || i, ?2, i, 5 FROM n`;
    for (const pepper of ["p1", "p2"]) await env.DB.prepare(many).bind(key.id, pepper).run();
    const retire = () => retirePepper(control(), root(), "p1", BY_FORCE);
    expect(await retire()).toMatchObject({ removed: 100_000, hasMore: true });
    expect(await retire()).toMatchObject({ removed: 0, hasMore: false });
  }, 60_000);
});

test.each([
  ["list the peppers", (...by: [Control, ReturnType<typeof root>]) => listPeppers(...by)],
  ["list their keys", (...by: [Control, ReturnType<typeof root>]) => listKeysOfPepper(...by, "p1", PAGE)],
  ["retire one", (...by: [Control, ReturnType<typeof root>]) => retirePepper(...by, "p1", BY_FORCE)],
])("nobody but the root token may %s", async (_, act) => {
  await rehash(await seedKey());
  const owner = await makeMember(await makeOrganization());
  expect(codeOf(await act(control(), as(owner)))).toBe("management_forbidden");
  expect(await countSecrets()).toBe(2);
});
