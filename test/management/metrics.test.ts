/** What scrapes get, through the Worker and by itself. */

import { createExecutionContext, env } from "cloudflare:test";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import config from "../../gateway.config.ts";
import { createGateway } from "../../src/app.ts";
import type { Entry } from "../../src/domain/log-line.ts";
import { type RouteTraffic, TrafficTally } from "../../src/domain/traffic.ts";
import type { Env } from "../../src/env.ts";
import { ERRORS } from "../../src/errors.ts";
import { renderMetrics } from "../../src/management/wire/metrics.ts";
import { reportTo } from "../authority/collect.ts";
import { captureLog } from "../helpers/log-lines.ts";
import { migrate, newId } from "../helpers/workerd.ts";
import { CONTROL, call, worker } from "./call.ts";

beforeAll(migrate);
beforeEach(() => captureLog(() => {}));
afterEach(() => void vi.restoreAllMocks());

const token = (letter: string) => `kgm_${letter.repeat(43)}`;
const [OLD, NEW, OTHER] = [token("o"), token("n"), token("x")];

/** Of a gateway with these secrets. */
async function scrape(secrets: Partial<Env>, authorization?: string, method = "GET"): Promise<Response> {
  const headers = { ...(authorization !== undefined && { Authorization: authorization }) };
  const bindings = { ...env, ...secrets } as unknown as Env;
  return createGateway(config).fetch(
    new Request(`${CONTROL}/metrics`, { method, headers }),
    bindings,
    createExecutionContext(),
  );
}

/** The runtime warns of types that do not begin with `text/`. */
const textOf = async (response: Response) => new TextDecoder().decode(await response.arrayBuffer());
const codeOf = async (response: Response) =>
  response.status === 200 ? "opened" : ((await response.json()) as { code: string }).code;

describe("GET /metrics", () => {
  test.each([
    ["the old one alone", OLD, { [OLD]: "opened", [NEW]: "token_invalid" }],
    [
      "both, while one replaces the other",
      `${NEW},${OLD}`,
      { [OLD]: "opened", [NEW]: "opened", [OTHER]: "token_invalid" },
    ],
    ["both, with white space around", ` ${NEW} ,\n${OLD} `, { [OLD]: "opened", [NEW]: "opened" }],
    ["one too short to be safe", "short", { short: "not_found" }],
    ["nothing", "", { [OLD]: "not_found", "": "not_found" }],
    ["no secret", undefined, { [OLD]: "not_found" }],
  ])("opens to the token of the secret, which has %s", async (_, secret, expected) => {
    const secrets = { KEYGATE_METRICS_TOKEN: secret } as Partial<Env>;
    const answers = Object.keys(expected).map(async (shown) => [
      shown,
      await codeOf(await scrape(secrets, `Bearer ${shown}`)),
    ]);
    expect(Object.fromEntries(await Promise.all(answers))).toEqual(expected);
  });

  test.each([
    ["no credential", undefined, "credentials_missing"],
    ["another scheme", `Basic ${btoa(`x:${NEW}`)}`, "token_invalid"],
    ["the token without a scheme", NEW, "token_invalid"],
    ["two tokens at once", `Bearer ${NEW},${OLD}`, "token_invalid"],
    ["the root token", `Bearer ${env.KEYGATE_ROOT_TOKEN}`, "token_invalid"],
    ["an API key", `Bearer kg_test_${"a".repeat(36)}`, "token_invalid"],
  ])("is refused with %s, as RFC 6750 says", async (_, authorization, code) => {
    const response = await scrape({ KEYGATE_METRICS_TOKEN: `${NEW},${OLD}` }, authorization);
    expect([response.status, response.headers.get("WWW-Authenticate")]).toEqual([
      401,
      expect.stringMatching(/^Bearer /),
    ]);
    expect(await codeOf(response)).toBe(code);
  });

  test("says that metrics are off, and how to turn them on, where there is no token", async () => {
    const response = await scrape({ KEYGATE_METRICS_TOKEN: "" }, `Bearer ${NEW}`);
    expect(await response.json()).toMatchObject({
      status: 404,
      detail: expect.stringContaining("KEYGATE_METRICS_TOKEN"),
    });
  });

  test("does not open to a token that the root secret has too, which would open everything", async () => {
    const both = { KEYGATE_METRICS_TOKEN: NEW, KEYGATE_ROOT_TOKEN: `${NEW},${env.KEYGATE_ROOT_TOKEN}` };
    expect(await codeOf(await scrape(both, `Bearer ${NEW}`))).toBe("token_invalid");
  });

  test("is the only call that its token opens", async () => {
    const headers = { Authorization: `Bearer ${env.KEYGATE_METRICS_TOKEN}` };
    expect((await worker.fetch(`${CONTROL}/metrics`, { headers })).status).toBe(200);
    for (const [method, path] of [
      ["GET", "/v1/whoami"],
      ["GET", "/v1/status"],
      ["GET", "/v1/organizations"],
      ["POST", "/v1/organizations"],
      ["GET", "/v1/usage"],
    ] as const) {
      expect(await call(method, path, method === "POST" ? {} : undefined, headers)).toMatchObject({
        status: 401,
        body: { code: "token_invalid" },
      });
    }
    const page = await worker.fetch(`${CONTROL}/keys`, { headers, redirect: "manual" });
    expect(page.status).not.toBe(200);
    const asKey = await worker.fetch("https://sandbox.example.com/v1/signatures/1", { headers });
    expect(asKey.status).toBe(401);
  });

  test("answers OpenMetrics that nobody keeps, also to HEAD, and nothing to other methods", async () => {
    const secrets = { KEYGATE_METRICS_TOKEN: NEW };
    const response = await scrape(secrets, `Bearer ${NEW}`);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "application/openmetrics-text; version=1.0.0; charset=utf-8",
      "cache-control": "no-store",
    });
    expect(await textOf(response)).toMatch(/^# TYPE keygate_requests counter\n.*\n# EOF\n$/s);
    expect(await textOf(await scrape(secrets, `Bearer ${NEW}`, "HEAD"))).toBe("");
    expect((await scrape(secrets, `Bearer ${NEW}`, "POST")).status).toBe(404);
  });

  test("has what isolates reported", async () => {
    const route = newId("/route");
    const tally = new TrafficTally();
    const entry = { environment: "sandbox", route, gateway_ms: 3, request_bytes: 2, response_bytes: 5 };
    for (let n = 0; n < 4; n++)
      tally.note({ ...entry, status: 200, origin: "api", origin_status: 200, origin_ms: 70 } as Entry);
    tally.note({ ...entry, status: 403, reason: "scope_missing", request_bytes: 0 } as Entry);
    await reportTo(0, { sender: newId("iso"), number: 1, traffic: tally.all() });
    const text = await textOf(await scrape({ KEYGATE_METRICS_TOKEN: NEW }, `Bearer ${NEW}`));
    expect(
      text.split("\n").filter((line) => line.includes(route) && !/ 0$/.test(line) && !line.includes("_bucket")),
    ).toEqual(
      [
        'keygate_requests_total{§,status="200"} 4',
        'keygate_requests_total{§,status="403",code="scope_missing"} 1',
        'keygate_origin_answers_total{§,answer="2xx"} 4',
        "keygate_received_bytes_total{§} 8",
        "keygate_sent_bytes_total{§} 25",
        "keygate_gateway_seconds_count{§} 5",
        "keygate_gateway_seconds_sum{§} 0.015",
        "keygate_origin_seconds_count{§} 4",
        "keygate_origin_seconds_sum{§} 0.28",
      ].map((line) => line.replace("§", `environment="sandbox",route="${route}"`)),
    );
  });

  test("asks each collector once for all scrapes within five seconds", async () => {
    const COURIER = {
      idFromName: env.COURIER.idFromName.bind(env.COURIER),
      get: vi.fn(env.COURIER.get.bind(env.COURIER)),
    };
    const bindings = { ...env, COURIER, KEYGATE_METRICS_TOKEN: NEW } as unknown as Env;
    const gateway = createGateway(config);
    const headers = { Authorization: `Bearer ${NEW}` };
    const scrapes = (count: number) =>
      Promise.all(
        Array.from({ length: count }, async () => {
          const context = createExecutionContext();
          const response = await gateway.fetch(new Request(`${CONTROL}/metrics`, { headers }), bindings, context);
          return textOf(response);
        }),
      );
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      const ofCollector = () => COURIER.get.mock.calls.filter(([id]) => id.name === "collector/0").length;
      const answers = await scrapes(100);
      expect([new Set(answers).size, ofCollector()]).toEqual([1, 1]);
      vi.setSystemTime(Date.now() + 4_000);
      await scrapes(3);
      expect(ofCollector()).toBe(1);
      vi.setSystemTime(Date.now() + 2_000);
      await scrapes(3);
      expect(ofCollector()).toBe(2);
    } finally {
      vi.useRealTimers();
    }
  });

  test("is 503 while a collector cannot be asked, because the sum would fall", async () => {
    const broken = {
      idFromName: env.COURIER.idFromName.bind(env.COURIER),
      get: (id: DurableObjectId) =>
        id.name === "collector/0" ? { trafficTotals: () => Promise.reject(new Error("down")) } : env.COURIER.get(id),
    };
    const response = await scrape({ COURIER: broken as never, KEYGATE_METRICS_TOKEN: NEW }, `Bearer ${NEW}`);
    expect([response.status, await codeOf(response)]).toEqual([503, "usage_unavailable"]);
  });
});

/** `routes` routes in two environments, with so many outcomes each. */
function manyRoutes(routes: number, outcomes: number): RouteTraffic[] {
  const tally = new TrafficTally();
  for (const environment of ["production", "sandbox"])
    for (let route = 0; route < routes; route++)
      for (let status = 0; status < outcomes; status++) {
        const answered = { origin: "api", origin_status: 200 + status, origin_ms: route };
        tally.note({ environment, route: `/r${route}/*`, status: 200 + status, gateway_ms: 1, ...answered } as Entry);
      }
  return tally.all();
}

describe("metrics", () => {
  test("have labels of the configuration and codes only", () => {
    const tally = new TrafficTally();
    const canaries = {
      key_id: "key_canary",
      organization_id: "org_canary",
      member_id: "mem_canary",
      client_address: "203.0.113.7",
    };
    for (const reason of Object.keys(ERRORS)) tally.note({ ...canaries, status: 400, reason, gateway_ms: 1 } as never);
    tally.note({
      ...canaries,
      status: 200,
      environment: "sandbox",
      route: "/a",
      origin: "api",
      gateway_ms: 1,
    } as never);
    const text = renderMetrics(tally.all());
    expect(text).not.toMatch(/canary|203\.0/);
    const labels = [...text.matchAll(/[{,](\w+)="/g)].map(([, label]) => label);
    expect(new Set(labels)).toEqual(new Set(["environment", "route", "status", "code", "answer", "le"]));
  });

  test("have the status of a refusal beside its code, and the status alone of what is no refusal", () => {
    const tally = new TrafficTally();
    tally.note({ status: 503, reason: "key_store_unavailable", gateway_ms: 1 } as Entry);
    tally.note({ status: 799, gateway_ms: 1 } as Entry);
    expect(
      renderMetrics(tally.all())
        .split("\n")
        .filter((line) => line.startsWith("keygate_requests_total")),
    ).toEqual([
      'keygate_requests_total{status="503",code="key_store_unavailable"} 1',
      'keygate_requests_total{status="799"} 1',
    ]);
  });

  test("have the code of a refusal that only another version knows as a code, and never as a status", () => {
    const tally = new TrafficTally();
    tally.note({ status: 403, reason: "code_of_another_version", gateway_ms: 1 } as never);
    for (let status = 200; status < 300; status++) tally.note({ status, gateway_ms: 1 } as Entry);
    const text = renderMetrics(tally.all());
    expect(text).toContain('\nkeygate_requests_total{status="other",code="code_of_another_version"} 1\n');
    expect(text).toMatch(/^keygate_requests_total\{status="other"\} \d+$/m);
    const statuses = [...text.matchAll(/status="([^"]*)"/g)].map(([, status]) => status);
    expect(statuses.filter((status) => !/^(\d{3}|other)$/.test(status as string))).toEqual([]);
  });

  test.each([
    ["by route, of a usual configuration", 20, 10, true, true],
    ["times without routes, if there are many", 300, 5, true, false],
    ["everything without routes, if routes have many outcomes each", 400, 50, false, false],
  ])("are %s, and never more than 4 MB", (_, routes, outcomes, countsHaveRoutes, timesHaveRoutes) => {
    const text = renderMetrics(manyRoutes(routes, outcomes));
    expect(text.includes('keygate_requests_total{environment="sandbox",route="/')).toBe(countsHaveRoutes);
    expect(text.includes('keygate_origin_seconds_count{environment="sandbox",route="/')).toBe(timesHaveRoutes);
    expect(text.length).toBeLessThan(4_000_000);
    const requests = [...text.matchAll(/keygate_requests_total\{[^}]*\} (\d+)/g)].map(([, count]) => Number(count));
    const all = 2 * routes * outcomes;
    expect(requests.reduce((sum, count) => sum + count)).toBe(all);
    const timed = [...text.matchAll(/keygate_gateway_seconds_count\{[^}]*\} (\d+)/g)].map(([, count]) => Number(count));
    expect(timed.reduce((sum, count) => sum + count)).toBe(all);
  });

  test("rise in no series by more than there were requests, and fall in none, however many routes come to be", () => {
    const tally = new TrafficTally();
    const last = new Map<string, number>();
    let route = 0;
    for (const routes of [10, 200, 340, 350, 360, 460, 1_010]) {
      const before = requestsIn(tally);
      // Those without a route are a separate series, before and after.
      tally.note({ environment: "sandbox", status: 404, reason: "route_not_found", gateway_ms: 1 } as Entry);
      for (; route < routes; route++)
        for (let status = 200; status < 250; status++) {
          const answered = { origin: "api", origin_status: status, origin_ms: 1 };
          tally.note({ environment: "sandbox", route: `/r${route}/*`, status, gateway_ms: 1, ...answered } as Entry);
        }
      const sent = requestsIn(tally) - before;
      const wrong: string[] = [];
      for (const [, series, value] of renderMetrics(tally.all()).matchAll(/^(keygate_\w+(?:\{.*\})?) ([\d.]+)$/gm)) {
        const rise = Number(value) - (last.get(series as string) ?? Number(value));
        if (!(rise >= 0 && rise <= sent)) wrong.push(`${series} rose by ${rise}`);
        last.set(series as string, Number(value));
      }
      expect(wrong).toEqual([]);
    }
    expect([...last.keys()].some((series) => series.includes('route="*"'))).toBe(true);
  });
});

const requestsIn = (tally: TrafficTally) =>
  tally.all().reduce((sum, { gatewayMs }) => sum + gatewayMs.counts.reduce((all, count) => all + count), 0);
