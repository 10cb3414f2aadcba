import { Hono } from "hono";
import { beforeAll, describe, expect, test } from "vitest";
import { honoAssertion } from "../../src/origin/hono.ts";
import { requireScope } from "../../src/origin/index.ts";
import { AUDIENCE, claimsAt, ISSUER, newKey, signed, type TestKey } from "./issuer.ts";

let key: TestKey;
beforeAll(async () => {
  key = await newKey("a");
});

const app = new Hono().use(
  honoAssertion({ issuer: ISSUER, audience: AUDIENCE, fetch: async () => Response.json({ keys: [key.publicJwk] }) }),
);
app.get("/signatures/1", (c) => {
  requireScope(c.var.principal, c.req.header("needs") ?? "signatures:read");
  return c.json({ key: c.var.principal.keyId });
});
app.get("/broken", () => {
  throw new Error("broken");
});

async function get(path: string, headers: Record<string, string> = {}) {
  const claims = claimsAt(Math.floor(Date.now() / 1000), { htu: path });
  const response = await app.request(path, { headers: { "Keygate-Assertion": await signed(key, claims), ...headers } });
  const challenge = response.headers.get("WWW-Authenticate");
  return { status: response.status, text: await response.text(), ...(challenge && { challenge }) };
}

describe("A Hono app behind the gateway", () => {
  test("knows who calls", async () => {
    expect(await get("/signatures/1")).toEqual({ status: 200, text: '{"key":"key_1"}' });
  });

  test("answers 401 with the code, and with what to send, to whom it does not know", async () => {
    const { status, text, challenge } = await get("/signatures/1", { "Keygate-Assertion": "x" });
    expect([status, JSON.parse(text).code, challenge]).toEqual([401, "assertion_malformed", "Keygate-Assertion"]);
  });

  test("answers 403 with the code where its handler requires a scope that is missing", async () => {
    const { status, text, challenge } = await get("/signatures/1", { needs: "signatures:delete" });
    expect([status, JSON.parse(text).code, challenge]).toEqual([403, "scope_missing", undefined]);
  });

  test("keeps its own errors", async () => {
    expect((await get("/broken")).status).toBe(500);
  });
});
