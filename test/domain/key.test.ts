import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bytesOf,
  type KeyRecord,
  knowsSecret,
  type Lifelessness,
  lifelessnessOf,
  nextEndOf,
  secretExpired,
} from "../../src/domain/key.ts";
import { aKey, aMember } from "./fixtures.ts";

const END = 1000;
const living = aKey({ expiresAt: END, secrets: [{ hash: "secret", expiresAt: null }] });

/** What takes a key's life, the most final first. */
const DEATHS: [Lifelessness, Partial<KeyRecord>][] = [
  ["key_revoked", { revokedAt: 1 }],
  ["key_expired", { expiresAt: 10 }],
  ["organization_suspended", { organization: { id: "org_1", status: "suspended" } }],
  ["member_inactive", { member: { ...aMember("owner"), removed: true } }],
  ["key_disabled", { disabledAt: 1 }],
];

const at = (now: number, key: KeyRecord) => lifelessnessOf(key, true, now);

describe("the life of a key", () => {
  test("nothing takes the life of a key that is whole", () => {
    expect(at(10, living)).toBeUndefined();
  });

  test.each(DEATHS)("%s is enough by itself", (reason, change) => {
    expect(at(10, { ...living, ...change })).toBe(reason);
  });

  test("of several reasons the most final one is named", () => {
    fc.assert(
      fc.property(fc.subarray(DEATHS, { minLength: 1 }), (deaths) => {
        const key = Object.assign({}, living, ...deaths.map(([, change]) => change));
        expect(at(10, key)).toBe(deaths[0]?.[0]);
      }),
    );
  });

  test("a key lives until the millisecond before its end, and not at its end", () => {
    expect(at(END - 1, living)).toBeUndefined();
    expect(at(END, living)).toBe("key_expired");
    expect(at(END + 1, living)).toBe("key_expired");
  });

  test("a revocation counts at once, whenever it says that it was", () => {
    expect(at(10, { ...living, revokedAt: 999 })).toBe("key_revoked");
  });

  test("a key that acts as a member dies with the member, and one of its organization does not", () => {
    for (const member of [null, { ...aMember("owner"), removed: true }]) {
      expect(lifelessnessOf({ ...living, member }, true, 10)).toBe("member_inactive");
      expect(lifelessnessOf({ ...living, member }, false, 10)).toBeUndefined();
    }
  });
});

describe("the secrets of a key", () => {
  const rotated = aKey({
    expiresAt: END,
    secrets: [
      { hash: "old", expiresAt: 500 },
      { hash: "new", expiresAt: null },
      { hash: "outlives its key", expiresAt: END + 500 },
    ],
  });

  test("a secret that was rotated out ends alone, at its moment and not a millisecond sooner", () => {
    expect([499, 500, 501].map((now) => secretExpired(rotated, "old", now))).toEqual([false, true, true]);
    expect(secretExpired(rotated, "new", END)).toBe(false);
    expect(at(500, rotated)).toBeUndefined();
  });

  test("a secret that is not of the key has no end", () => {
    expect(secretExpired(rotated, "other", END)).toBe(false);
  });

  test("a secret whose end is past its key's does not keep the key alive", () => {
    expect(at(END, rotated)).toBe("key_expired");
  });

  test.each([
    [0, 500],
    [499, 500],
    [500, END],
    [END - 1, END],
  ])("at %i ms the next of the key's ends is at %i ms", (now, end) => {
    expect(nextEndOf(rotated, now)).toBe(end);
  });

  test("the next end is the key's own where its secrets have none or later ones", () => {
    expect(nextEndOf(living, 0)).toBe(END);
    expect(nextEndOf({ ...living, secrets: [] }, 0)).toBe(END);
  });

  test("a key knows its secrets and no others", () => {
    expect(["old", "new", "outlives its key", "other", ""].filter((hash) => knowsSecret(rotated, hash))).toEqual([
      "old",
      "new",
      "outlives its key",
    ]);
  });
});

test("a record takes as much memory as its lists have texts, and more with limits and secrets", () => {
  const bytes = bytesOf(aKey());
  const list = Array.from({ length: 500 }, (_, n) => `ws_${n}_${"x".repeat(40)}`);
  const characters = list.join("").length;
  for (const long of [
    { scopes: list },
    { workspaces: list },
    { allowedAddresses: list },
    { member: aMember("owner", list) },
  ]) {
    expect(bytesOf(aKey(long)) - bytes).toBeGreaterThan(characters);
    expect(bytesOf(aKey(long)) - bytes).toBeLessThan(2 * characters);
  }
  const [secret, rate] = [
    { hash: "h", expiresAt: null },
    { name: "second", limit: 1, window: 1 },
  ];
  const more = aKey({ secrets: [...aKey().secrets, secret, secret], limits: { rates: [rate], quotas: [] } });
  expect(bytesOf(more) - bytes).toBeGreaterThan(3 * 100);
});
