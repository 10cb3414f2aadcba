import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { type Credential, readCredential } from "../../../src/decide/credentials.ts";
import { isRefusal } from "../../../src/errors.ts";
import { Identifier } from "../../../src/gateway/admit/identify.ts";
import { KeyFinder } from "../../../src/store/key-finder.ts";
import { askLease, instrumentAuthority } from "../../authority/ask.ts";
import {
  addSecret,
  counting,
  failing,
  hanging,
  instrument,
  migrate,
  newClient,
  newSecret,
  peppers,
  type SeededKey,
  seedKey,
} from "../../helpers/workerd.ts";
import { buildPlane, codeOf, gateway, requestWith, send } from "../plane.ts";

beforeAll(migrate);
afterEach(() => {
  vi.useRealTimers();
});

/** One isolate's way from secrets to keys, over the real bindings, each of whose calls is noted. */
function isolate(options: { now?: () => number; kv?: KVNamespace; db?: D1Database } = {}) {
  const kv = counting(options.kv ?? env.KV);
  const db = counting(options.db ?? env.DB);
  const budget = counting(env.LOOKUP_BUDGET);
  const now = options.now ?? (() => Date.now());
  const identifier = new Identifier(new KeyFinder(kv.binding, db.binding, peppers), budget.binding, now);
  const client = newClient();
  const pending: Promise<unknown>[] = [];
  return {
    kv: kv.calls,
    db: db.calls,
    budget: budget.calls,
    identify: (secret: string) => identifier.identify(credentialOf(secret), client, (work) => pending.push(work)),
    identifyAnew: (secret: string) =>
      identifier.identifyAnew(credentialOf(secret), client, (work) => pending.push(work)),
    /** Waits for what goes on after the answer. */
    settled: () => Promise.all(pending),
    forget: () => {
      for (const { calls } of [kv, db, budget]) calls.splice(0);
    },
  };
}

const credentialOf = (secret: string): Credential => ({ secret, environment: "sandbox" });
const kvName = (key: SeededKey) => `secret:sandbox:${key.hash}`;

/** In groups, as many requests at once as an isolate may have under way. */
async function inGroups<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += 100) {
    results.push(...(await Promise.all(items.slice(at, at + 100).map(work))));
  }
  return results;
}

describe("how much it costs to find a key", () => {
  test("the second request with a key costs no I/O at all", async () => {
    const key = await seedKey();
    const one = isolate();
    expect(await one.identify(key.secret)).toMatchObject({ keyId: key.id, hash: key.hash, foundIn: "d1" });
    await one.settled();
    one.forget();
    expect(await one.identify(key.secret)).toMatchObject({ keyId: key.id, hash: key.hash, foundIn: "memory" });
    expect([one.kv, one.db, one.budget]).toEqual([[], [], []]);
  });

  test("a restarted isolate finds in KV what another found in D1, without a look-up in D1", async () => {
    const key = await seedKey();
    const first = isolate();
    await first.identify(key.secret);
    await first.settled();
    const restarted = isolate();
    expect(await restarted.identify(key.secret)).toMatchObject({ keyId: key.id, hash: key.hash, foundIn: "kv" });
    expect([restarted.kv, restarted.db, restarted.budget]).toEqual([["get"], [], []]);
  });

  test("fifty requests at once with a new key cost one read of KV and one query to D1", async () => {
    const key = await seedKey();
    const one = isolate();
    const found = await Promise.all(Array.from({ length: 50 }, () => one.identify(key.secret)));
    expect(found.every((identity) => !isRefusal(identity) && identity.keyId === key.id)).toBe(true);
    expect([one.kv.filter((name) => name === "get"), one.db, one.budget]).toEqual([["get"], ["first"], ["limit"]]);
  });

  test("the second request with a key costs its authority no query to D1 either", async () => {
    const key = await seedKey();
    const queries: string[] = [];
    await instrumentAuthority(key, (name, go) => {
      queries.push(name);
      return go();
    });
    await askLease(key);
    expect(queries).toEqual(["first"]);
    await askLease(key);
    await askLease(key);
    expect(queries).toEqual(["first"]);
  });

  test("ten thousand malformed keys cost no I/O of any kind", async () => {
    const noIo = () => {
      throw new Error("I/O");
    };
    const plane = buildPlane({
      db: instrument(env.DB, noIo),
      kv: instrument(env.KV, noIo),
      lookupBudget: instrument(env.LOOKUP_BUDGET, noIo),
      ask: noIo,
    });
    const secrets = Array.from({ length: 10_000 }, () => {
      const secret = newSecret();
      const at = 8 + Math.floor(Math.random() * 36);
      return secret.slice(0, at) + (secret[at] === "0" ? "1" : "0") + secret.slice(at + 1);
    });
    const codes = await inGroups(secrets, async (secret) => {
      const headers = { Authorization: `Bearer ${secret}` };
      return codeOf(await send(plane, new Request("https://sandbox.test/v1/signatures/1", { headers })));
    });
    expect(new Set(codes)).toEqual(new Set(["credentials_malformed"]));
    expect(plane.sent).toEqual([]);
  });

  test("two thousand unknown keys from one address cost no more queries to D1 than the look-up budget allows", async () => {
    const one = isolate({ kv: instrument(env.KV, async () => null) });
    const secrets = Array.from({ length: 2_000 }, () => newSecret());
    const answers = await inGroups(secrets, one.identify);
    const codes = answers.map((answer) => (isRefusal(answer) ? answer.code : "found"));
    const unknown = codes.filter((code) => code === "key_unknown").length;
    expect(new Set(codes)).toEqual(new Set(["key_unknown", "lookup_budget_spent"]));
    // 100 a minute, in aligned windows of which the test may see two.
    expect(one.db.length).toBeLessThanOrEqual(200);
    expect(one.db.length).toBe(unknown);
  }, 30_000);

  test("a key that is known is served although its address has spent the look-up budget", async () => {
    const [key, other] = [await seedKey(), await seedKey()];
    const one = isolate();
    await one.identify(key.secret);
    await inGroups(
      Array.from({ length: 201 }, () => newSecret()),
      one.identify,
    );
    expect(await one.identify(other.secret)).toEqual({ code: "lookup_budget_spent" });
    expect(await one.identify(key.secret)).toMatchObject({ keyId: key.id });
  });

  test("the same unknown key again costs nothing for five seconds", async () => {
    let now = 1_000_000;
    const one = isolate({ now: () => now });
    const secret = newSecret();
    expect(await one.identify(secret)).toEqual({ code: "key_unknown" });
    one.forget();
    now += 4_999;
    expect(await one.identify(secret)).toEqual({ code: "key_unknown" });
    expect([one.kv, one.db, one.budget]).toEqual([[], [], []]);
    now += 1;
    await one.identify(secret);
    expect(one.db).toEqual(["first"]);
  });
});

describe("what is found", () => {
  test("a key that is created a moment after it was tried works five seconds after that at the latest", async () => {
    let now = 1_000_000;
    const one = isolate({ now: () => now });
    const key = await seedKey();
    const secret = newSecret();
    expect(await one.identify(secret)).toEqual({ code: "key_unknown" });
    await addSecret(key.id, secret);
    now += 5_000;
    expect(await one.identify(secret)).toMatchObject({ keyId: key.id });
  });

  test("a secret that nobody has is not stored in KV", async () => {
    const one = isolate();
    await one.identify(newSecret());
    await one.settled();
    expect(one.kv).toEqual(["get"]);
  });

  test("KV holds neither the secret nor a hash that does without the pepper", async () => {
    const key = await seedKey();
    const one = isolate();
    await one.identify(key.secret);
    await one.settled();
    const entry = await env.KV.get(kvName(key));
    expect(JSON.parse(entry as string)).toEqual({ key_id: key.id, pepper_id: "p1" });
    const { keys } = await env.KV.list();
    expect(keys.some(({ name }) => name.includes(key.secret.slice(8)))).toBe(false);
  });

  test.each([
    ["no JSON", "{"],
    ["JSON of another kind", "[]"],
    ["null", "null"],
    ["nothing", ""],
    ["an entry without a pepper", '{"key_id":"key_1"}'],
    ["a pepper that is no longer used", '{"key_id":"key_1","pepper_id":"p0"}'],
  ])("an entry of KV that is %s is taken for none", async (_, entry) => {
    const key = await seedKey();
    await env.KV.put(kvName(key), entry);
    const one = isolate();
    expect(await one.identify(key.secret)).toMatchObject({ keyId: key.id, foundIn: "d1" });
    await one.settled();
    expect(await env.KV.get(kvName(key), "json")).toEqual({ key_id: key.id, pepper_id: "p1" });
  });

  test("to ask anew is to ask D1, even while a look-up through KV is under way", async () => {
    const [key, other] = [await seedKey(), await seedKey()];
    await env.KV.put(kvName(key), JSON.stringify({ key_id: other.id, pepper_id: "p1" }));
    const one = isolate();
    const [misled, anew] = await Promise.all([one.identify(key.secret), one.identifyAnew(key.secret)]);
    expect(misled).toMatchObject({ keyId: other.id, foundIn: "kv" });
    expect(anew).toMatchObject({ keyId: key.id, foundIn: "d1" });
  });
});

describe("a wrong entry of KV, on the way of a whole request", () => {
  test.each([
    ["to another key", async () => (await seedKey()).id],
    ["to a key that does not exist", async () => "key_00000000000000000000000000000000"],
    ["to a key of the other environment", async () => (await seedKey({ environment: "production" })).id],
    ["to a revoked key", async () => (await seedKey({ revokedAt: 2 })).id],
  ])("that points %s does not keep a valid key from being served as itself, then and later", async (_, wrong) => {
    const key = await seedKey();
    await env.KV.put(kvName(key), JSON.stringify({ key_id: await wrong(), pepper_id: "p1" }));
    const plane = buildPlane({ reportAfterMs: 0 });
    const address = newClient();
    for (let attempt = 0; attempt < 3; attempt++) {
      const response = await send(plane, requestWith(key, "/signatures/1"), { address });
      expect(response.status).toBe(200);
      expect(plane.sent.at(-1)?.headers.get("Keygate-Key-Id")).toBe(key.id);
    }
    await plane.lookedUp();
    expect(await env.KV.get(kvName(key), "json")).toEqual({ key_id: key.id, pepper_id: "p1" });
  });

  test("twenty requests at once that it misleads are all served", async () => {
    const [key, other] = [await seedKey(), await seedKey()];
    await env.KV.put(kvName(key), JSON.stringify({ key_id: other.id, pepper_id: "p1" }));
    const plane = buildPlane();
    const address = newClient();
    const responses = await Promise.all(
      Array.from({ length: 20 }, () => send(plane, requestWith(key, "/signatures/1"), { address })),
    );
    expect(responses.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(plane.sent.map(({ headers }) => headers.get("Keygate-Key-Id"))).toEqual(Array(20).fill(key.id));
  });

  test("does not let a deleted secret in", async () => {
    const key = await seedKey();
    await env.KV.put(kvName(key), JSON.stringify({ key_id: key.id, pepper_id: "p1" }));
    await env.DB.prepare("DELETE FROM api_key_secrets WHERE key_id = ?").bind(key.id).run();
    const plane = buildPlane();
    expect(await codeOf(await send(plane, requestWith(key, "/signatures/1"), { address: newClient() }))).toBe(
      "key_unknown",
    );
  });
});

describe("a key that was imported", () => {
  /** With a secret in the form of the configuration's imported keys, and no other. */
  async function importedKey(environment: "production" | "sandbox", as = environment) {
    const key = await seedKey({ environment });
    const digits = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0"));
    const secret = `acme_${as === "production" ? "live" : "test"}_${digits.join("")}`;
    await env.DB.prepare("DELETE FROM api_key_secrets WHERE key_id = ?").bind(key.id).run();
    return { ...key, secret, hash: await addSecret(key.id, secret) };
  }
  const serve = (key: SeededKey) =>
    send(buildPlane(), requestWith(key, "/signatures/1"), { address: newClient() }).then(codeOf);

  test.each(["production", "sandbox"] as const)("authenticates in %s, without a checksum", async (environment) => {
    expect(await serve(await importedKey(environment))).toBe("200");
  });

  test.each([
    ["production", "sandbox"],
    ["sandbox", "production"],
  ] as const)("of %s is refused in %s, and no origin sees the request", async (environment, other) => {
    const key = await importedKey(environment);
    const plane = buildPlane();
    const request = requestWith({ ...key, environment: other }, "/signatures/1");
    expect(await codeOf(await send(plane, request, { address: newClient() }))).toBe("environment_mismatch");
    expect(plane.sent).toEqual([]);
  });

  test.each([
    ["production", "sandbox"],
    ["sandbox", "production"],
  ] as const)("into %s does not work with a secret in the form of %s", async (environment, form) => {
    expect(await serve(await importedKey(environment, form))).toBe("key_unknown");
  });

  test("of that form, but unknown, costs no more than any unknown key", async () => {
    const one = isolate();
    const secret = `acme_test_${"0".repeat(32)}`;
    expect(await one.identify(secret)).toEqual({ code: "key_unknown" });
    expect([one.budget, one.db]).toEqual([["limit"], ["first"]]);
  });

  test("cut short costs no I/O of any kind", async () => {
    const noIo = () => {
      throw new Error("I/O");
    };
    const plane = buildPlane({ db: instrument(env.DB, noIo), kv: instrument(env.KV, noIo), ask: noIo });
    const key = await importedKey("sandbox");
    const request = requestWith({ ...key, secret: key.secret.slice(0, -1) }, "/signatures/1");
    expect(await codeOf(await send(plane, request, { address: newClient() }))).toBe("credentials_malformed");
  });
});

describe("faults", () => {
  test("KV down is a miss: D1 finds the key", async () => {
    const key = await seedKey();
    const one = isolate({ kv: instrument(env.KV, failing) });
    expect(await one.identify(key.secret)).toMatchObject({ keyId: key.id, foundIn: "d1" });
    await one.settled();
  });

  test("KV that does not answer is a miss after its deadline of one second", async () => {
    const key = await seedKey();
    const one = isolate({ kv: instrument(env.KV, (name, go) => (name === "get" ? hanging(name, go) : go())) });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    let found: unknown;
    const identified = one.identify(key.secret).then((identity) => {
      found = identity;
    });
    await vi.advanceTimersByTimeAsync(999);
    expect(found).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    await identified;
    expect(found).toMatchObject({ keyId: key.id, foundIn: "d1" });
  });

  test("D1 down says nothing of the key: key_store_unavailable, and never key_unknown", async () => {
    const secret = newSecret();
    const one = isolate({ db: instrument(env.DB, failing) });
    expect(await one.identify(secret)).toEqual({ code: "key_store_unavailable" });
    expect(await one.identify(secret)).toEqual({ code: "key_store_unavailable" });
  });

  test("D1 that does not answer is given up after five seconds", async () => {
    const one = isolate({ db: instrument(env.DB, hanging) });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const identified = one.identify(newSecret());
    await vi.waitUntil(() => one.db.length === 1, { timeout: 10_000 });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await identified).toEqual({ code: "key_store_unavailable" });
  });

  test("a key that is known is served while D1 and KV are down", async () => {
    const key = await seedKey();
    let down = false;
    const onIo = (name: string, go: () => unknown) => (down ? failing(name, go) : go());
    const one = isolate({ db: instrument(env.DB, onIo), kv: instrument(env.KV, onIo) });
    await one.identify(key.secret);
    down = true;
    expect(await one.identify(key.secret)).toMatchObject({ keyId: key.id, foundIn: "memory" });
  });

  test("a look-up budget that cannot be read is a fault, and D1 is not asked", async () => {
    const db = counting(env.DB);
    const finder = new KeyFinder(env.KV, db.binding, peppers);
    const identifier = new Identifier(finder, instrument(env.LOOKUP_BUDGET, failing), () => Date.now());
    expect(await identifier.identify(credentialOf(newSecret()), newClient(), () => {})).toEqual({
      code: "key_store_unavailable",
    });
    expect(db.calls).toEqual([]);
  });

  test("one look-up serves all who wait, even if the request that began it is gone", async () => {
    const key = await seedKey();
    let release: (value: unknown) => void = () => {};
    const gate = new Promise((resolve) => {
      release = resolve;
    });
    const one = isolate({ db: instrument(env.DB, (_, go) => gate.then(go)) });
    void one.identify(key.secret);
    const second = one.identify(key.secret);
    release(undefined);
    expect(await second).toMatchObject({ keyId: key.id });
    expect(one.db).toEqual(["first"]);
  });
});

describe("addresses", () => {
  test("all addresses of one IPv6 network share a look-up budget", async () => {
    const db = counting(env.DB);
    const identifier = new Identifier(new KeyFinder(env.KV, db.binding, peppers), env.LOOKUP_BUDGET, () => Date.now());
    const network = newClient().split("::")[0];
    const groups = network?.split(":").slice(0, 4).join(":");
    await inGroups(
      Array.from({ length: 250 }, (_, i) => i),
      (i) => identifier.identify(credentialOf(newSecret()), `${groups}:${i.toString(16)}::${i.toString(16)}`, () => {}),
    );
    expect(db.calls.length).toBeLessThanOrEqual(200);
  });

  test("a credential keeps the environment that its prefix names", async () => {
    const key = await seedKey({ environment: "production" });
    const credential = readCredential(new Headers({ Authorization: `Bearer ${key.secret}` }), gateway) as Credential;
    const identifier = new Identifier(new KeyFinder(env.KV, env.DB, peppers), env.LOOKUP_BUDGET, () => Date.now());
    expect(await identifier.identify(credential, newClient(), () => {})).toMatchObject({ environment: "production" });
  });
});
