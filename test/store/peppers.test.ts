import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { KeyFinder } from "../../src/store/key-finder.ts";
import { parsePeppers } from "../../src/store/peppers.ts";
import { addSecret, migrate, newSecret, seedKey } from "../helpers/workerd.ts";

beforeAll(migrate);

const OLD = env.KEYGATE_PEPPERS;
const NEW = `p2:${"B".repeat(43)}`;

describe("peppers", () => {
  test("make a hash that is HMAC-SHA-256 of the secret's SHA-256", async () => {
    const key = new Uint8Array(32).fill(7);
    const pepper = parsePeppers(
      `p:${btoa(String.fromCharCode(...key))
        .replaceAll("+", "-")
        .replaceAll("/", "_")
        .replaceAll("=", "")}`,
    )[0];
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode("secret"));
    const hmac = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    const bytes = new Uint8Array(await crypto.subtle.sign("HMAC", hmac, digest));
    expect(atob(`${(await pepper.hash("secret")).replaceAll("-", "+").replaceAll("_", "/")}=`)).toBe(
      String.fromCharCode(...bytes),
    );
  });

  test("make different hashes of one secret", async () => {
    const [first, second] = parsePeppers(`${OLD},${NEW}`);
    expect(await first.hash("secret")).not.toBe(await second?.hash("secret"));
    expect(await first.hash("secret")).not.toBe(await first.hash("Secret"));
  });

  test("make the same hash of a secret and of its SHA-256", async () => {
    const [pepper] = parsePeppers(OLD);
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode("secret"));
    expect(await pepper.hashDigest(digest)).toBe(await pepper.hash("secret"));
  });

  test.each([
    undefined,
    "",
    "p1",
    `p1:${"A".repeat(31)}`,
    `p1:${"A".repeat(42)}!`,
    `p1:${"A".repeat(45)}`,
    `:${"A".repeat(43)}`,
    `${OLD},`,
    `${OLD},${OLD}`,
    `${OLD},${NEW},p3:${"C".repeat(43)}`,
  ])("written as %o stop the start, and are not repeated in the error", (text) => {
    expect(() => parsePeppers(text)).toThrow(/^KEYGATE_PEPPERS/);
    expect(() => parsePeppers(text)).not.toThrow("AAAA");
  });

  test("may be two: secrets of both are found, in D1 and in KV", async () => {
    const key = await seedKey();
    const secret = newSecret();
    const oldHash = await addSecret(key.id, secret);
    const finder = new KeyFinder(env.KV, env.DB, parsePeppers(`${NEW},${OLD}`));
    const found = await finder.inD1(secret);
    expect(found).toEqual({ keyId: key.id, hash: oldHash });
    await finder.remember(secret, "sandbox", found as NonNullable<typeof found>);
    expect(await finder.inKv(secret, "sandbox")).toEqual({ keyId: key.id, hash: oldHash });
  });

  test("may be two: a secret that is stored under both is found by the current one", async () => {
    const key = await seedKey();
    const finder = new KeyFinder(env.KV, env.DB, parsePeppers(`${NEW},${OLD}`));
    const found = { keyId: key.id, hash: key.hash };
    const current = { keyId: key.id, hash: await parsePeppers(NEW)[0].hash(key.secret) };
    expect(await finder.rehash(key.secret, found)).toEqual(current);
    expect(await finder.inD1(key.secret)).toEqual(current);
    const reversed = new KeyFinder(env.KV, env.DB, parsePeppers(`${OLD},${NEW}`));
    expect(await reversed.inD1(key.secret)).toEqual(found);
  });

  test("leave a secret of a revoked key as it was stored", async () => {
    const key = await seedKey({ revokedAt: 2 });
    const finder = new KeyFinder(env.KV, env.DB, parsePeppers(`${NEW},${OLD}`));
    const found = { keyId: key.id, hash: key.hash };
    expect(await finder.rehash(key.secret, found)).toEqual(found);
  });

  test("that are taken away take with them what KV remembers by them", async () => {
    const key = await seedKey();
    const secret = newSecret();
    await addSecret(key.id, secret);
    const both = new KeyFinder(env.KV, env.DB, parsePeppers(`${NEW},${OLD}`));
    await both.remember(secret, "sandbox", (await both.inD1(secret)) as never);
    const newOnly = new KeyFinder(env.KV, env.DB, parsePeppers(NEW));
    expect(await newOnly.inKv(secret, "sandbox")).toBeUndefined();
    expect(await newOnly.inD1(secret)).toBeUndefined();
  });

  test("keep environments apart in KV", async () => {
    const key = await seedKey();
    const finder = new KeyFinder(env.KV, env.DB, parsePeppers(OLD));
    await finder.remember(key.secret, "sandbox", { keyId: key.id, hash: key.hash });
    expect(await finder.inKv(key.secret, "production")).toBeUndefined();
  });
});
