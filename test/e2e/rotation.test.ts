import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newSigningKey, newSigningKeys } from "../../src/cli/operate/new-signing-keys.ts";
import { retire, rotate, type SigningKeys } from "../../src/domain/signing-keys.ts";
import { verifyNodeRequest } from "../../src/origin/node.ts";
import { startIsolates } from "../helpers/direct.ts";
import { freePort, type RunningGateway } from "../helpers/gateway.ts";
import { type Origin, startOrigin } from "../helpers/origin.ts";
import { bearing, type Key, seed } from "../helpers/seed.ts";
import { guardingText } from "./configs/base.ts";

const OLD = newSigningKeys(["production", "sandbox"]);
const NEW: SigningKeys = Object.fromEntries(
  Object.entries(OLD).map(([environment, keys]) => [environment, rotate(keys, newSigningKey())]),
);
const RETIRED: SigningKeys = Object.fromEntries(
  Object.entries(NEW).map(([environment, keys]) => [environment, retire(keys)]),
);
const STAGES = [OLD, NEW, RETIRED];
const REQUESTS = 400;

/** While a new value of the secret spreads, isolates of the old and of the new one serve side by side. */
describe("Rotating the signing keys under traffic", () => {
  let isolates: RunningGateway[];
  let origin: Origin;
  let keys: Key[];

  beforeAll(async () => {
    const port = await freePort();
    origin = await startOrigin(port);
    isolates = await startIsolates(guardingText(await freePort(), port), 3, {
      signingKeysOf: (n) => STAGES[n] as SigningKeys,
    });
    const tenant = await seed(isolates[0] as RunningGateway);
    keys = [await tenant.key()];
  });
  afterAll(async () => {
    await isolates[0]?.stop();
    isolates[0]?.forget();
    await origin.stop();
  });

  test.for([
    { fetched: "before the next key signed", from: 0, serving: [0, 1] },
    { fetched: "after the next key signed", from: 1, serving: [0, 1] },
    { fetched: "before the old key was retired", from: 1, serving: [1, 2] },
    { fetched: "after the old key was retired", from: 2, serving: [1, 2] },
  ] as const)("fails no assertion, for verifiers that fetched the public keys $fetched", async ({ from, serving }) => {
    const verdicts = new Map<string, number>();
    const kids = new Set<string>();
    const jwks = `${isolates[from]?.base("sandbox")}/.well-known/jwks.json`;
    let fetches = 0;
    const fetchKeys = (_: string, init: RequestInit) => {
      fetches++;
      return fetch(jwks, init);
    };
    const verifiers = isolates.map((isolate) => ({
      ...{ audience: "main", issuer: isolate.base("sandbox"), fetch: fetchKeys },
    }));
    origin.answer(async (request, response) => {
      const { kid } = JSON.parse(
        Buffer.from(String(request.headers["keygate-assertion"]).split(".")[0] ?? "", "base64url").toString(),
      );
      kids.add(kid);
      const options = verifiers[Number(request.headers["x-isolate"])];
      const verdict = await verifyNodeRequest(request, options as (typeof verifiers)[number]).then(
        () => "verified",
        (error) => error.code ?? String(error),
      );
      verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
      response.end();
    });
    const each = Array.from({ length: REQUESTS }, (_, n) => n);
    while (each.length > 0) {
      await Promise.all(
        each.splice(0, 20).map(async (n) => {
          const isolate = serving[n % 2] as number;
          const headers = { ...bearing(keys[0] as Key), "X-Isolate": String(isolate) };
          const response = await fetch(`${isolates[isolate]?.base("sandbox")}/signatures/${n}`, { headers });
          expect(response.status).toBe(200);
        }),
      );
    }
    expect(verdicts).toEqual(new Map([["verified", REQUESTS]]));
    expect(kids).toEqual(
      new Set(
        serving
          .flatMap((stage) => STAGES[stage]?.sandbox ?? [])
          .filter(({ state }) => state === "active")
          .map(({ kid }) => kid),
      ),
    );
    expect(fetches).toBe(2);
  });
});
