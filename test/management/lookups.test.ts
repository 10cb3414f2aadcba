/** What those cause in D1 who show what they made up, or nothing at all. */

import { createExecutionContext, env, waitOnExecutionContext } from "cloudflare:test";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import config from "../../gateway.config.ts";
import { createGateway } from "../../src/app.ts";
import { toBase64Url } from "../../src/domain/base64url.ts";
import type { Env } from "../../src/env.ts";
import { AT_START, controlOf } from "../helpers/control.ts";
import { linkTokenFor, makeMember, makeOrganization, sessionTokenFor } from "../helpers/people.ts";
import { counting, hanging, instrument, migrate, newSecret, type OnIo } from "../helpers/workerd.ts";
import { CONTROL, makeKey, setUp } from "./call.ts";

beforeAll(migrate);
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: AT_START });
});
afterEach(() => {
  vi.useRealTimers();
});

const BUDGET = 10;
const CLIENT = "203.0.113.7";
const token = (prefix: string) => `${prefix}_${toBase64Url(crypto.getRandomValues(new Uint8Array(32)))}`;
const cookie = (value: string) => ({ Cookie: `__Host-keygate_session=${value}` });
const HERE = { "Sec-Fetch-Site": "same-origin", Origin: "null" };

/** A Worker with a budget of its own, whose calls of D1 are counted. */
function gateway(onD1?: OnIo) {
  const spent = new Map<string, number>();
  const budget = {
    limit: async ({ key }: { key: string }) => {
      const before = spent.get(key) ?? 0;
      spent.set(key, before + 1);
      return { success: before < BUDGET };
    },
  };
  const db = counting(onD1 ? instrument(env.DB, onD1) : env.DB);
  const kv = counting(env.KV);
  const worker = createGateway(config);
  const bindings = { ...env, DB: db.binding, KV: kv.binding, LOOKUP_BUDGET: budget } as unknown as Env;
  return {
    spent,
    d1: db.calls,
    kv: kv.calls,
    async ask(method: string, path: string, headers: Record<string, string> = {}, body?: object) {
      const context = createExecutionContext();
      const init = { method, headers: { "CF-Connecting-IP": CLIENT, ...headers }, redirect: "manual" } as const;
      const request = new Request(CONTROL + path, body ? { ...init, body: JSON.stringify(body) } : init);
      const response = await worker.fetch(request, bindings, context);
      const text = await response.text();
      return { response, text, settled: () => waitOnExecutionContext(context) };
    },
  };
}

type Gateway = ReturnType<typeof gateway>;
type Shown = () => [method: string, path: string, headers?: Record<string, string>, body?: object];
const root = { Authorization: `Bearer ${env.KEYGATE_ROOT_TOKEN}` };
const explained = (key: string) => ({ key, method: "GET", url: "https://sandbox.example.com/v1/signatures/1" });

/** Each with a thing that was made up anew. `status`: while the budget lasts. */
const MADE_UP: [what: string, status: number, show: Shown][] = [
  ["a session to the API", 401, () => ["GET", "/v1/whoami", cookie(token("kgs"))]],
  [
    "a session to the API, acting as somebody",
    401,
    () => ["GET", "/v1/whoami", { ...cookie(token("kgs")), "Keygate-Act-As": "mem_1" }],
  ],
  ["a session to a path of the API that is not there", 401, () => ["GET", "/v1/nowhere", cookie(token("kgs"))]],
  ["a session to the overview", 200, () => ["GET", "/", cookie(token("kgs"))]],
  ["a session to a page", 401, () => ["GET", "/keys", cookie(token("kgs"))]],
  ["a session to a form", 401, () => ["POST", "/workspaces", { ...HERE, ...cookie(token("kgs")) }]],
  ["a session of the platform team to a member's page", 401, () => ["GET", "/keys", cookie(token("kgo"))]],
  ["a session of the platform team to their page", 401, () => ["GET", "/organizations", cookie(token("kgo"))]],
  ["a session to the sign-out", 303, () => ["POST", "/sign-out", { ...HERE, ...cookie(token("kgs")) }]],
  [
    "a session of the platform team to the sign-out",
    303,
    () => ["POST", "/sign-out", { ...HERE, ...cookie(token("kgo")) }],
  ],
  ["a sign-in link", 401, () => ["GET", `/sign-in/${token("kgl")}`]],
  ["the button of a sign-in link", 401, () => ["POST", `/sign-in/${token("kgl")}`, HERE]],
  [
    "the button of a sign-in link, with a session",
    401,
    () => ["POST", `/sign-in/${token("kgl")}`, { ...HERE, ...cookie(token("kgs")) }],
  ],
  ["a link of the platform team", 401, () => ["GET", `/sign-in/root/${token("kgq")}`]],
  ["the button of a link of the platform team", 401, () => ["POST", `/sign-in/root/${token("kgq")}`, HERE]],
  ["a key to the API", 401, () => ["GET", "/v1/whoami", { Authorization: `Bearer ${newSecret()}` }]],
  ["a key to have it explained", 200, () => ["POST", "/v1/explain", root, explained(newSecret())]],
];

describe.each(MADE_UP)("%s, made up anew each time,", (_, status, show) => {
  test("reads D1 as often as the client's budget lasts, and then is 503 with the time to wait", async () => {
    const { ask, d1, spent } = gateway();
    const answers = [];
    for (let n = 0; n < 3 * BUDGET; n++) answers.push(await ask(...show()));
    const statuses = answers.map(({ response }) => response.status);
    expect(statuses).toEqual([...Array(BUDGET).fill(status), ...Array(2 * BUDGET).fill(503)]);
    const last = answers.at(-1);
    expect(last?.response.headers.get("Retry-After")).toBe("60");
    expect(last?.text).toContain("lookup_budget_spent");
    expect(d1).toHaveLength(BUDGET);
    expect([...spent.keys()]).toEqual([CLIENT]);
  });

  test("reads D1 once for the same one within five seconds", async () => {
    const { ask, d1 } = gateway();
    const shown = show();
    for (let n = 0; n < 5; n++) expect((await ask(...shown)).response.status).toBe(status);
    expect(d1).toHaveLength(1);
    vi.setSystemTime(Date.now() + 5_001);
    expect((await ask(...shown)).response.status).toBe(status);
    expect(d1).toHaveLength(2);
  });
});

describe.each(["/errors/lookup_budget_spent", "/errors", "/guide", "/docs", "/go"])(
  "a session to the open page %s, made up anew each time,",
  (path) => {
    test("reads D1 as often as the client's budget lasts, and never keeps anybody from the page", async () => {
      const { ask, d1, spent } = gateway();
      for (let n = 0; n < 2 * BUDGET; n++) {
        expect((await ask("GET", path, cookie(token("kgs")))).response.status).toBe(200);
      }
      expect(d1).toHaveLength(BUDGET);
      expect([...spent.keys()]).toEqual([CLIENT]);
    });
  },
);

describe("nothing is read for", () => {
  test.each<[string, ...ReturnType<Shown>]>([
    ["a malformed cookie", "GET", "/v1/whoami", cookie("kgs_short")],
    ["the cookie of another prefix", "GET", "/keys", cookie(`kgx_${"A".repeat(43)}`)],
    ["a malformed link", "GET", "/sign-in/kgl_short"],
    ["a link of another prefix", "GET", `/sign-in/${token("kgq")}`],
    ["a malformed key", "GET", "/v1/whoami", { Authorization: "Bearer kg_test_short" }],
    [
      "a wrong root token",
      "GET",
      "/v1/whoami",
      { Authorization: `Bearer kgr_${"x".repeat(43)}`, "Keygate-Act-As": "mem_1" },
    ],
    ["no credentials", "GET", "/v1/organizations", { "Keygate-Act-As": "mem_1" }],
    ["a form of another site", "POST", `/sign-in/${token("kgl")}`, { Origin: "https://evil.example" }],
    ["a page of an error", "GET", "/errors/key_unknown"],
    ["the list of errors", "GET", "/errors"],
    ["the guide", "GET", "/guide"],
    ["the reference", "GET", "/docs"],
    ["the document", "GET", "/v1/openapi.json", cookie(token("kgs"))],
    ["a path that is not there", "GET", "/nowhere", cookie(token("kgs"))],
    ["a path that is not there, as a page", "GET", "/nowhere", { Accept: "text/html" }],
    ["the sign of life", "GET", "/healthz"],
  ])("%s", async (_, ...shown) => {
    const { ask, d1, kv, spent } = gateway();
    await ask(...shown);
    expect({ d1, kv, spent: spent.size }).toEqual({ d1: [], kv: [], spent: 0 });
  });
});

describe("who is signed in", () => {
  test("spends one look-up of the budget, however many requests they make", async () => {
    const { ask, spent } = gateway();
    const member = await makeMember(await makeOrganization());
    const session = cookie(await sessionTokenFor(controlOf(), member.id));
    for (let n = 0; n < BUDGET; n++) {
      expect((await ask("GET", "/v1/whoami", session)).response.status).toBe(200);
      expect((await ask("GET", "/keys", session)).response.status).toBe(200);
    }
    expect(spent.get(CLIENT)).toBe(1);
  });

  test("is counted again once the session has ended", async () => {
    const { ask, spent, d1 } = gateway();
    const member = await makeMember(await makeOrganization());
    const session = cookie(await sessionTokenFor(controlOf(), member.id));
    expect((await ask("POST", "/sign-out", { ...HERE, ...session })).response.status).toBe(303);
    for (let n = 0; n < 4; n++) {
      vi.setSystemTime(Date.now() + 6_000);
      expect((await ask("GET", "/v1/whoami", session)).response.status).toBe(401);
    }
    expect(spent.get(CLIENT)).toBe(4);
    const before = d1.length;
    for (let n = 0; n < BUDGET; n++) {
      vi.setSystemTime(Date.now() + 6_000);
      await ask("GET", "/v1/whoami", session);
    }
    expect(d1.length - before).toBe(BUDGET - 4);
  });

  test("does not lose the link to a spent budget: the button works later", async () => {
    const { ask, spent } = gateway();
    const member = await makeMember(await makeOrganization());
    const path = `/sign-in/${await linkTokenFor(controlOf(), member.id)}`;
    spent.set(CLIENT, BUDGET);
    expect((await ask("POST", path, HERE)).response.status).toBe(503);
    spent.set(CLIENT, BUDGET - 1);
    expect((await ask("POST", path, { ...HERE, ...cookie(token("kgs")) })).response.status).toBe(503);
    spent.clear();
    expect((await ask("POST", path, HERE)).response.status).toBe(303);
  });
});

test("a key that is known to exist can be explained however often", async () => {
  const { ask, spent } = gateway();
  const { keyBody } = await setUp();
  const { secret } = await makeKey(keyBody);
  for (let n = 0; n < 3 * BUDGET; n++) {
    const { response, text } = await ask("POST", "/v1/explain", root, explained(secret));
    expect([response.status, JSON.parse(text).decision.allowed]).toEqual([200, true]);
  }
  expect(spent.get(CLIENT)).toBe(1);
});

/** The first answer also compares jurisdictions, until that has succeeded. */
async function ready(gateway: Gateway): Promise<void> {
  await gateway.ask("GET", "/readyz");
  vi.setSystemTime(Date.now() + 1_000);
  for (const calls of [gateway.d1, gateway.kv]) calls.length = 0;
}

describe("/readyz", () => {
  test("checks once for all who ask at the same time, and once a second", async () => {
    const worker = gateway();
    await ready(worker);
    const { ask, d1, kv } = worker;
    const askAll = () => Promise.all(Array.from({ length: 100 }, () => ask("GET", "/readyz")));
    expect((await askAll()).map(({ response }) => response.status)).toEqual(Array(100).fill(200));
    expect([d1, kv]).toEqual([["first"], ["get"]]);
    await askAll();
    expect(d1).toHaveLength(1);
    vi.setSystemTime(Date.now() + 1_000);
    await askAll();
    expect(d1).toHaveLength(2);
  });

  test("says that D1 has failed while it does not number changes yet", async () => {
    const { ask } = gateway();
    await env.DB.exec("ALTER TABLE record_changes RENAME TO elsewhere");
    const { response, text } = await ask("GET", "/readyz");
    await env.DB.exec("ALTER TABLE elsewhere RENAME TO record_changes");
    expect([response.status, JSON.parse(text).checks.d1.status]).toEqual([503, "failed"]);
  });

  test("does not ask a slow database again before it has answered", async () => {
    let isSlow = false;
    const worker = gateway((name, go) => (isSlow ? hanging(name, go) : go()));
    await ready(worker);
    const { ask, d1 } = worker;
    isSlow = true;
    const first = ask("GET", "/readyz");
    await vi.waitUntil(() => d1.length === 1, { timeout: 10_000 });
    vi.setSystemTime(Date.now() + 1_500);
    const others = Array.from({ length: 50 }, () => ask("GET", "/readyz"));
    const statuses = (await Promise.all([first, ...others])).map(({ response }) => response.status);
    expect(statuses).toEqual(Array(51).fill(503));
    expect(d1).toHaveLength(1);
  });
});
