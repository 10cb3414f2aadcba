import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { secretRotation } from "../../../src/store/key-rotation.ts";
import { parsePeppers } from "../../../src/store/peppers.ts";
import { deleteSecretsUnder } from "../../../src/store/secrets.ts";
import { askLease, tell } from "../../authority/ask.ts";
import {
  addSecret,
  failing,
  instrument,
  migrate,
  newClient,
  newId,
  newSecret,
  type SeededKey,
  seedKey,
} from "../../helpers/workerd.ts";
import { buildPlane, codeOf, type PlaneOptions, requestWith, send } from "../plane.ts";

beforeAll(migrate);
afterEach(() => {
  vi.useRealTimers();
});

// What tests seed is stored under the old one.
const OLD = parsePeppers(env.KEYGATE_PEPPERS);
const NEW = parsePeppers(`p2:${"B".repeat(43)}`);
const BOTH = parsePeppers(`p2:${"B".repeat(43)},${env.KEYGATE_PEPPERS}`);

/** An isolate, and what becomes of requests with the key. */
function isolate(options: PlaneOptions) {
  const plane = buildPlane({ reportAfterMs: 0, ...options });
  const client = { address: newClient() };
  return {
    serve: async (key: SeededKey) => codeOf(await send(plane, requestWith(key, "/signatures/1"), client)),
    /** Waits for what goes on after the answers. */
    settled: () => plane.lookedUp(),
    foundIn: () => plane.lines.map((line) => JSON.parse(line).found_in),
  };
}

const peppersOf = async (key: SeededKey) => {
  const { results } = await env.DB.prepare("SELECT pepper_id FROM api_key_secrets WHERE key_id = ? ORDER BY pepper_id")
    .bind(key.id)
    .all<{ pepper_id: string }>();
  return results.map(({ pepper_id }) => pepper_id);
};
const removeOld = () => deleteSecretsUnder(env.DB, { pepperId: "p1", currentId: "p2", limit: 1000 });

describe("a key under a pepper that is replaced", () => {
  test("works, is hashed again when it is used, and works when the old pepper is gone", async () => {
    const key = await seedKey();
    const during = isolate({ peppers: BOTH });
    expect(await during.serve(key)).toBe("200");
    await during.settled();
    expect(await peppersOf(key)).toEqual(["p1", "p2"]);
    await removeOld();
    const after = isolate({ peppers: NEW });
    expect(await after.serve(key)).toBe("200");
    expect(await peppersOf(key)).toEqual(["p2"]);
  });

  test("that nobody used meanwhile is unknown when the old pepper is gone", async () => {
    const key = await seedKey();
    expect(await isolate({ peppers: NEW }).serve(key)).toBe("key_unknown");
  });

  test("is answered before it is hashed again", async () => {
    const key = await seedKey();
    const gate = Promise.withResolvers<void>();
    const db = instrument(env.DB, async (name, go) => {
      if (name === "run") await gate.promise;
      return go();
    });
    const one = isolate({ peppers: BOTH, db });
    expect(await one.serve(key)).toBe("200");
    expect(await peppersOf(key)).toEqual(["p1"]);
    gate.resolve();
    await one.settled();
    expect(await peppersOf(key)).toEqual(["p1", "p2"]);
  });

  test("works although it cannot be hashed again, and is when it is found the next time", async () => {
    const key = await seedKey();
    const db = instrument(env.DB, (name, go) => (name === "run" ? failing(name, go) : go()));
    const one = isolate({ peppers: BOTH, db });
    expect(await one.serve(key)).toBe("200");
    await one.settled();
    expect(await peppersOf(key)).toEqual(["p1"]);
    const next = isolate({ peppers: BOTH });
    expect(await next.serve(key)).toBe("200");
    await next.settled();
    expect(next.foundIn()).toEqual(["kv"]);
    expect(await peppersOf(key)).toEqual(["p1", "p2"]);
  });

  test("is found by the current pepper in KV, once it is hashed again", async () => {
    const key = await seedKey();
    const one = isolate({ peppers: BOTH });
    await one.serve(key);
    await one.settled();
    const entry = await env.KV.get(`secret:sandbox:${await NEW[0].hash(key.secret)}`, "json");
    expect(entry).toEqual({ key_id: key.id, pepper_id: "p2" });
  });

  test("is written once, however many requests and isolates find it at once", async () => {
    const key = await seedKey();
    const isolates = Array.from({ length: 5 }, () => isolate({ peppers: BOTH }));
    const codes = await Promise.all(isolates.flatMap((one) => Array.from({ length: 5 }, () => one.serve(key))));
    expect(new Set(codes)).toEqual(new Set(["200"]));
    await Promise.all(isolates.map((one) => one.settled()));
    expect(await peppersOf(key)).toEqual(["p1", "p2"]);
  });

  test("is not hashed again where it is revoked", async () => {
    const key = await seedKey({ revokedAt: 2 });
    const one = isolate({ peppers: BOTH });
    expect(await one.serve(key)).toBe("key_revoked");
    await one.settled();
    expect(await peppersOf(key)).toEqual(["p1"]);
  });
});

describe("while a pepper is replaced, nothing breaks:", () => {
  test("an authority that knows the old hash alone lends to isolates that know the new one", async () => {
    const key = await seedKey();
    await askLease(key);
    const first = isolate({ peppers: BOTH });
    await first.serve(key);
    await first.settled();
    expect((await askLease(key)).record.secrets).toHaveLength(1);
    const second = isolate({ peppers: BOTH });
    expect(await second.serve(key)).toBe("200");
    expect((await askLease(key)).record.secrets).toHaveLength(2);
  });

  test("an isolate that holds a lease of before serves a secret that it finds by its new hash", async () => {
    const key = await seedKey({ limits: { rates: [{ name: "minute", limit: 1000, window: 60 }] } });
    const other = { ...key, secret: newSecret() };
    await addSecret(key.id, other.secret);
    const [one, another] = [isolate({ peppers: BOTH }), isolate({ peppers: BOTH })];
    expect(await one.serve(key)).toBe("200");
    await another.serve(other);
    await another.settled();
    expect(await peppersOf(key)).toContain("p2");
    const codes = await Promise.all(Array.from({ length: 20 }, () => one.serve(other)));
    expect(new Set(codes)).toEqual(new Set(["200"]));
  });

  test("isolates that have the old pepper alone, and those that have both, serve side by side", async () => {
    const key = await seedKey();
    const [before, after] = [isolate({ peppers: OLD }), isolate({ peppers: BOTH })];
    for (let round = 0; round < 3; round++) {
      expect([await before.serve(key), await after.serve(key)]).toEqual(["200", "200"]);
      await Promise.all([before.settled(), after.settled()]);
    }
    expect(await isolate({ peppers: OLD }).serve(key)).toBe("200");
  });

  test("an isolate that knows the old hash goes on when its row is gone, in D1 and at the authority", async () => {
    const key = await seedKey();
    let now = Date.now();
    const one = isolate({ peppers: BOTH, now: () => now });
    await one.serve(key);
    await one.settled();
    await removeOld();
    expect(await one.serve(key)).toBe("200");
    // The lease ends, and the authority reads the record again.
    now += 5_000;
    await tell(key);
    expect((await askLease(key)).record.secrets).toHaveLength(1);
    expect(await one.serve(key)).toBe("200");
    expect(one.foundIn()).toEqual(["d1", "memory", "memory"]);
  });

  test("the end that rotation gives a secret holds by either hash", async () => {
    const key = await seedKey();
    const one = isolate({ peppers: BOTH });
    await one.serve(key);
    await one.settled();
    const { version: from } = (await askLease(key)).record;
    const added = { hash: await NEW[0].hash(newSecret()), pepperId: "p2", hint: "…", createdAt: 3 };
    await env.DB.batch(
      secretRotation(env.DB, { keyId: key.id, from, version: newId("ver"), at: 3, oldEndAt: 2, added }),
    );
    await tell(key);
    expect(await isolate({ peppers: OLD }).serve(key)).toBe("key_expired");
    expect(await isolate({ peppers: NEW }).serve(key)).toBe("key_expired");
  });
});
