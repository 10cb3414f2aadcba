/** Bindings that throw as the platform does: plain errors, whose texts have nothing in common. */

import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import config from "../../gateway.config.ts";
import { createGateway } from "../../src/app.ts";
import type { Env } from "../../src/env.ts";
import { captureLog } from "../helpers/log-lines.ts";
import { instrument, migrate, newClient, newSecret } from "../helpers/workerd.ts";
import { CONTROL, call, makeKey, worker as real, setUp } from "./call.ts";

type Store = "DB" | "KV" | "LOOKUP_BUDGET" | "AUTHORITY" | "COURIER" | "ASSETS";

/** What is thrown by which binding, and before which of its calls. */
let fault: { store: Store; error: Error; call: RegExp } | undefined;

const TEXTS = [
  "database or disk is full: SQLITE_FULL",
  "D1_ERROR: database is locked: SQLITE_BUSY",
  "D1 DB reset because its code was updated.",
  "Network connection lost.",
  "internal error; reference = 6rhbvvjiqlmp4gvjqrdqpnk3",
  "Cannot read properties of undefined (reading 'results')",
  "",
];

const STORES: readonly Store[] = ["DB", "KV", "LOOKUP_BUDGET", "AUTHORITY", "COURIER", "ASSETS"];

const faulty = Object.fromEntries(
  STORES.map((store) => {
    const onIo = (name: string, go: () => unknown) =>
      fault?.store === store && fault.call.test(name) ? Promise.reject(fault.error) : go();
    const binding = env[store as keyof typeof env] as object;
    const objects = store === "AUTHORITY" || store === "COURIER";
    return [store, objects ? objectsOf(binding as DurableObjectNamespace, onIo) : instrument(binding, onIo)];
  }),
);

function objectsOf(binding: DurableObjectNamespace, onIo: (name: string, go: () => unknown) => unknown) {
  const stubs = (id: DurableObjectId) => instrument(binding.get(id), onIo);
  return { idFromName: (name: string) => binding.idFromName(name), get: stubs };
}

const worker = createGateway(config);
const logged: string[] = [];
let setting: Awaited<ReturnType<typeof setUp>>;
let key: { id: string; secret: string };
let cookie: string;

beforeAll(async () => {
  await migrate();
  setting = await setUp();
  key = await makeKey(setting.keyBody);
  const link = await call("POST", "/v1/sign-in-links", { member_id: setting.member.id });
  const signedIn = await real.fetch(link.body.url, {
    method: "POST",
    headers: { Origin: CONTROL },
    redirect: "manual",
  });
  cookie = signedIn.headers.getSetCookie()[0]?.split(";")[0] ?? "";
});
beforeEach(() => {
  fault = undefined;
  logged.length = 0;
  captureLog((line) => logged.push(line));
});

async function send(method: string, url: string, headers: Record<string, string>, body?: object) {
  // Another client each time: look-ups are counted.
  const client = { "CF-Connecting-IP": newClient() };
  const init = { method, headers: { ...client, ...headers }, ...(body && { body: JSON.stringify(body) }) };
  const request = new Request(url, init);
  const response = await worker.fetch(request, { ...env, ...faulty } as unknown as Env, createExecutionContext());
  const text = await response.text();
  fault = undefined;
  return { status: response.status, retryAfter: response.headers.get("retry-after"), text };
}

const asRoot = { Authorization: `Bearer ${env.KEYGATE_ROOT_TOKEN}` };
const unknown = () => crypto.randomUUID().replaceAll("-", "").padEnd(43, "x");
const unknownSession = () => `__Host-keygate_session=kgs_${unknown()}`;
const newKey = () => ({ ...setting.keyBody, name: "Another" });

describe("a failure of D1, whatever its text, is 503 with Retry-After, and the log names D1", () => {
  const CALLS: [what: string, send: () => ReturnType<typeof send>][] = [
    ["a read", () => send("GET", `${CONTROL}/v1/api-keys/${key.id}`, asRoot)],
    ["a list", () => send("GET", `${CONTROL}/v1/organizations`, asRoot)],
    ["a create", () => send("POST", `${CONTROL}/v1/api-keys`, asRoot, newKey())],
    ["a revocation", () => send("POST", `${CONTROL}/v1/api-keys/${key.id}/revoke`, asRoot, {})],
    ["a call by a key", () => send("GET", `${CONTROL}/v1/whoami`, { Authorization: `Bearer ${key.secret}` })],
    ["a session that is not known", () => send("GET", `${CONTROL}/v1/whoami`, { Cookie: unknownSession() })],
    ["a page of the console", () => send("GET", `${CONTROL}/keys`, { Cookie: cookie })],
    [
      "a form of the console",
      () => send("POST", `${CONTROL}/keys/${key.id}/disable`, { Cookie: cookie, Origin: CONTROL }),
    ],
    ["a sign-in link", () => send("GET", `${CONTROL}/sign-in/kgl_${unknown()}`, {})],
    [
      "a request to an origin with a key that no isolate knows",
      () => send("GET", "https://sandbox.example.com/v1/signatures", { Authorization: `Bearer ${newSecret()}` }),
    ],
  ];
  for (const [what, make] of CALLS) {
    for (const text of TEXTS) {
      test(`${what}: ${JSON.stringify(text)}`, async () => {
        fault = { store: "DB", error: new Error(text), call: /^(?:first|all|run|raw|batch)$/ };
        const answer = await make();
        expect([answer.status, answer.retryAfter]).toEqual([503, "5"]);
        expect(answer.text).toContain("key_store_unavailable");
        const [line] = logged.filter((entry) => entry.includes('"kind":"message"'));
        expect(JSON.parse(line ?? "{}").message).toContain(`D1: ${text}`);
      });
    }
  }

  test("also when it fails in the middle of a call, at its write", async () => {
    for (const text of TEXTS) {
      fault = { store: "DB", error: new Error(text), call: /^batch$/ };
      const answer = await send("POST", `${CONTROL}/v1/api-keys`, asRoot, newKey());
      expect([answer.status, answer.retryAfter]).toEqual([503, "5"]);
    }
  });

  test("a statement that breaks a rule of the schema is no failure of storage", async () => {
    const text = "D1_ERROR: NOT NULL constraint failed: api_keys.name: SQLITE_CONSTRAINT";
    fault = { store: "DB", error: new Error(text), call: /^batch$/ };
    expect((await send("POST", `${CONTROL}/v1/api-keys`, asRoot, newKey())).status).toBe(500);
  });
});

describe("a failure of another binding", () => {
  const bad = () => new Error("Network connection lost.");
  const messages = () =>
    logged.filter((line) => line.includes('"kind":"message"')).map((line) => JSON.parse(line).message);

  test("of the look-up budget: 503 for a credential that nobody knows, on both planes and in the console", async () => {
    const sends = [
      () => send("GET", `${CONTROL}/v1/whoami`, { Cookie: unknownSession() }),
      () => send("GET", `${CONTROL}/keys`, { Cookie: unknownSession() }),
      () => send("GET", "https://sandbox.example.com/v1/signatures", { Authorization: `Bearer ${newSecret()}` }),
    ];
    for (const make of sends) {
      fault = { store: "LOOKUP_BUDGET", error: bad(), call: /./ };
      const answer = await make();
      expect([answer.status, answer.retryAfter]).toEqual([503, "5"]);
    }
    expect(messages()).toHaveLength(sends.length + 2);
    for (const message of messages()) expect(message).toContain("LOOKUP_BUDGET: Network connection lost.");
  });

  test("of the authority: 503 for limits and for requests, and the log names it", async () => {
    const sends = [
      () => send("GET", `${CONTROL}/v1/api-keys/${key.id}/limits`, asRoot),
      () => send("POST", `${CONTROL}/v1/api-keys/${key.id}/limits/reset`, asRoot),
      () => send("GET", "https://sandbox.example.com/v1/signatures", { Authorization: `Bearer ${key.secret}` }),
    ];
    for (const make of sends) {
      logged.length = 0;
      fault = { store: "AUTHORITY", error: bad(), call: /^(?:limitsOf|resetLimits|ask)$/ };
      const answer = await make();
      expect([answer.status, answer.retryAfter]).toEqual([503, "5"]);
      expect(answer.text).toContain("authority_unavailable");
      expect(messages()).toEqual([expect.stringContaining("AUTHORITY: Network connection lost.")]);
    }
  });

  test("of a collector: 503 for usage, which would be too low, and the console says so; a key is shown all the same", async () => {
    const usage = `${CONTROL}/v1/usage?organization_id=${setting.organization.id}`;
    fault = { store: "COURIER", error: bad(), call: /^usage$/ };
    const answer = await send("GET", usage, asRoot);
    expect([answer.status, answer.retryAfter]).toEqual([503, "5"]);
    expect(answer.text).toContain("usage_unavailable");
    expect(messages()).toEqual([expect.stringContaining("COURIER: Network connection lost.")]);
    fault = { store: "COURIER", error: bad(), call: /^(?:usage|lastUse)$/ };
    const page = await send("GET", `${CONTROL}/keys/${key.id}`, { Cookie: cookie });
    expect(page.status).toBe(200);
    expect(page.text).toContain("Some of the requests that were counted or kept cannot be read at the moment");
    fault = { store: "COURIER", error: bad(), call: /^lastUse$/ };
    expect((await send("GET", `${CONTROL}/v1/api-keys/${key.id}`, asRoot)).status).toBe(200);
    expect((await send("GET", usage, asRoot)).status).toBe(200);
  });

  test("of KV: nobody notices but the operator", async () => {
    const other = await makeKey(setting.keyBody);
    fault = { store: "KV", error: bad(), call: /./ };
    const answer = await send("GET", `${CONTROL}/v1/whoami`, { Authorization: `Bearer ${other.secret}` });
    expect(answer.status).toBe(200);
    expect(messages()[0]).toContain("KV: Network connection lost.");
  });

  test("of the static files: 503", async () => {
    fault = { store: "ASSETS", error: bad(), call: /./ };
    const answer = await send("GET", `${CONTROL}/console.css`, {});
    expect([answer.status, answer.retryAfter]).toEqual([503, "5"]);
  });

  test("of D1: the open pages are there for those who are signed in too, without their navigation", async () => {
    fault = { store: "DB", error: bad(), call: /./ };
    for (const path of ["/errors/key_store_unavailable", "/errors", "/guide", "/docs"]) {
      expect((await send("GET", `${CONTROL}${path}`, { Cookie: cookie })).status).toBe(200);
    }
  });
});
