/** Metrics as a scraper meets them: over HTTP, after real requests, and after a restart. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Constants } from "../helpers/constants.ts";
import { type DirectGateway, METRICS_TOKEN, startIsolates } from "../helpers/direct.ts";
import { type Origin, startOrigin } from "../helpers/origin.ts";
import { bearing, type Key, seed, type Tenant } from "../helpers/seed.ts";
import { parsedMetrics, type Sample } from "../interop/parsed-metrics.ts";

/** Instead of ten seconds, and of five. */
const CONSTANTS: Constants = { REPORT_AFTER_MS: 300, SHARED_MS: 100 };
const SLOW_MS = 1_500;
const CANARY = "ca.nary@example.com";
const VISIBLE_WITHIN_MS = 20_000;

/** Two isolates, each of which has counted a part of the requests, and three collectors. */
let isolates: DirectGateway[];
let turn = 0;
const nextPort = () => isolates[turn++ % isolates.length]?.port;
let gateway: DirectGateway;
let origins: Origin[];
let tenant: Tenant;
let keys: Record<"good" | "limited" | "readOnly" | "live", Key>;
const sent = new Map<string, number>();

async function send(path: string, { key, method = "GET" }: { key?: Key; method?: string } = {}): Promise<void> {
  const headers = { ...(key && bearing(key)), "CF-Connecting-IP": "203.0.113.77", "User-Agent": CANARY };
  const response = await fetch(`http://127.0.0.1:${nextPort()}${path}`, { method, headers });
  const text = await response.text();
  const type = response.headers.get("Content-Type");
  const code = type?.startsWith("application/problem+json") ? JSON.parse(text).code : "";
  const name = [path.split("/")[1], response.status, code].join(" ");
  sent.set(name, (sent.get(name) ?? 0) + 1);
}

async function sendOfEveryKind(): Promise<void> {
  const { good, limited, readOnly, live } = keys;
  for (let n = 0; n < 12; n++) await send(`/sandbox/signatures/${CANARY}?q=${CANARY}`, { key: good });
  for (let n = 0; n < 3; n++) await send("/sandbox/signatures/1");
  for (let n = 0; n < 2; n++) await send("/sandbox/signatures/1", { key: readOnly, method: "POST" });
  for (let n = 0; n < 4; n++) await send("/sandbox/signatures/1", { key: limited });
  for (let n = 0; n < 5; n++) await send("/production/folders/fail", { key: live });
  await Promise.all(Array.from({ length: 3 }, () => send("/production/folders/slow", { key: live })));
  await send(`/sandbox/${CANARY}`, { key: good });
  await send("/sandbox/signatures/..%2fteammates", { key: good });
  await send("/nowhere/at-all");
}

const get = (headers: Record<string, string>) => fetch(`http://localhost:${nextPort()}/metrics`, { headers });

async function scrape(): Promise<{ text: string; samples: readonly Sample[] }> {
  const response = await get({ Authorization: `Bearer ${METRICS_TOKEN}` });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status}: ${text}`);
  return { text, samples: parsedMetrics(text).flatMap(({ samples }) => samples) };
}

const sumOf = (samples: readonly Sample[], wanted: string, labels: Record<string, string> = {}) =>
  samples
    .filter(([name, its]) => name === wanted && Object.entries(labels).every(([label, value]) => its[label] === value))
    .reduce((sum, [, , value]) => sum + value, 0);

const requestsIn = (samples: readonly Sample[]) => sumOf(samples, "keygate_requests_total");

/** The first scrape with so many requests. */
async function scrapeWith(requests: number) {
  const deadline = Date.now() + VISIBLE_WITHIN_MS;
  for (;;) {
    const scraped = await scrape();
    if (requestsIn(scraped.samples) >= requests) return scraped;
    if (Date.now() > deadline) throw new Error(`${requests} requests are not in these:\n${scraped.text}`);
    await new Promise((later) => setTimeout(later, 300));
  }
}

const allSent = () => [...sent.values()].reduce((sum, count) => sum + count, 0);

beforeAll(async () => {
  origins = [await startOrigin(), await startOrigin()];
  const [production, sandbox] = origins as [Origin, Origin];
  const config = `
    import { guarding } from "PROJECT/test/e2e/configs/base.ts";
    export default { ...guarding({ production: "${production.url}", sandbox: "${sandbox.url}" }), collectors: 3 };
  `;
  isolates = await startIsolates(config, 2, { constants: CONSTANTS });
  [gateway] = isolates as [DirectGateway];
  production.answer(({ url = "" }, response) => {
    response.statusCode = url.endsWith("/fail") ? 503 : 200;
    setTimeout(() => response.end("done"), url.endsWith("/slow") ? SLOW_MS : 0);
  });
  tenant = await seed(gateway);
  const limits = { rates: [{ name: "hourly", limit: 1, window: 3_600 }] };
  const [good, limited, readOnly, live] = (await Promise.all([
    tenant.key(),
    tenant.key({ limits }),
    tenant.key({ permission: "read-only" }),
    tenant.key({ environment: "production" }),
  ])) as [Key, Key, Key, Key];
  keys = { good, limited, readOnly, live };
}, 120_000);

afterAll(async () => {
  await gateway?.stop();
  gateway?.forget();
  await Promise.all(origins.map((origin) => origin.stop()));
});

describe("a scrape", () => {
  test("has exactly what was sent, by environment, route, status and code, and times in their buckets", async () => {
    await sendOfEveryKind();
    const { text, samples } = await scrapeWith(allSent());
    const counted = new Map<string, number>();
    for (const [name, { environment = "nowhere", status, code = "" }, value] of samples) {
      if (name !== "keygate_requests_total") continue;
      const key = [environment, status, code].join(" ");
      counted.set(key, (counted.get(key) ?? 0) + value);
    }
    expect(Object.fromEntries(counted)).toEqual(Object.fromEntries(sent));
    const route = { environment: "production", route: "/folders/*" };
    expect(sumOf(samples, "keygate_requests_total", { ...route, status: "503" })).toBe(5);
    expect(sumOf(samples, "keygate_origin_answers_total", { ...route, answer: "5xx" })).toBe(5);
    expect(sumOf(samples, "keygate_origin_answers_total", { ...route, answer: "2xx" })).toBe(3);
    expect(sumOf(samples, "keygate_origin_seconds_count", route)).toBe(8);
    expect(sumOf(samples, "keygate_origin_seconds_bucket", { ...route, le: "1.024" })).toBe(5);
    expect(sumOf(samples, "keygate_gateway_seconds_count")).toBe(allSent());
    for (const canary of [
      CANARY,
      "ca.nary",
      "203.0.113",
      tenant.organizationId,
      ...Object.values(keys).flatMap(({ id, secret }) => [id, secret]),
    ])
      expect(text).not.toContain(canary);
  });

  test("after a restart has all that it had, and more once there is more", async () => {
    const before = await scrapeWith(allSent());
    await gateway.restart();
    const after = await scrape();
    expect(after.text).toBe(before.text);
    await sendOfEveryKind();
    const { samples } = await scrapeWith(allSent());
    expect(requestsIn(samples)).toBe(allSent());
    const nameOf = ([name, labels]: Sample) => JSON.stringify([name, labels]);
    const values = new Map(samples.map((sample) => [nameOf(sample), sample[2]]));
    for (const sample of before.samples) expect(values.get(nameOf(sample))).toBeGreaterThanOrEqual(sample[2]);
  });

  test("is refused without the token, and the token opens nothing else", async () => {
    expect((await get({})).status).toBe(401);
    expect((await get({ Authorization: `Bearer ${gateway.rootToken}` })).status).toBe(401);
    const response = await fetch(`http://localhost:${gateway.port}/v1/organizations`, {
      headers: { Authorization: `Bearer ${METRICS_TOKEN}` },
    });
    expect([response.status, (await response.json()).code]).toEqual([401, "token_invalid"]);
  });
});
