import { createExecutionContext, env } from "cloudflare:test";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import base from "../../gateway.config.ts";
import { createGateway, type Env } from "../../src/worker.ts";
import { captureLog, type Line } from "../helpers/log-lines.ts";
import { migrate, type SeededKey, seedKey } from "../helpers/workerd.ts";
import { COLUMNS } from "./data-point-columns.ts";

beforeAll(migrate);
afterEach(() => void vi.restoreAllMocks());

const CANARY = "cana.ry@example.com";
const config = { ...base, logging: { analyticsEngine: true, clientAddress: "full" } } as const;

interface Sent {
  readonly points: AnalyticsEngineDataPoint[];
  readonly lines: Line[];
  readonly statuses: number[];
}

/** Sends requests to a Worker whose dataset does this with data points. */
async function sendTo(
  write: ((point: AnalyticsEngineDataPoint) => void) | undefined,
  requests: readonly Request[],
  gateway = createGateway(config),
): Promise<Sent> {
  const sent: Sent = { points: [], lines: [], statuses: [] };
  captureLog((line) => sent.lines.push(JSON.parse(line)));
  const writeDataPoint = (point: AnalyticsEngineDataPoint) => {
    sent.points.push(point);
    write?.(point);
  };
  const DEMO_ORIGIN = { fetch: async () => new Response("made", { status: 201, headers: { "Content-Length": "4" } }) };
  const bindings = { ...env, DEMO_ORIGIN, ...(write && { ANALYTICS: { writeDataPoint } }) } as unknown as Env;
  for (const request of requests) {
    const context = createExecutionContext();
    const response = await gateway.fetch(request, bindings, context);
    await response.arrayBuffer();
    sent.statuses.push(response.status);
  }
  return sent;
}

const BASE = "https://sandbox.example.com/v1";
const to = (path: string, init: RequestInit = {}) =>
  new Request(`${BASE}${path}`, { ...init, headers: { "CF-Connecting-IP": "203.0.113.77", ...init.headers } });
const withKey = ({ secret }: SeededKey, path: string, init: RequestInit = {}) =>
  to(path, { ...init, headers: { ...init.headers, Authorization: `Bearer ${secret}` } });

/** The data point by the names that queries use. */
function columnsOf({ indexes = [], blobs = [], doubles = [] }: AnalyticsEngineDataPoint): Record<string, unknown> {
  const named = (kind: string, values: readonly unknown[]) => values.map((value, at) => [`${kind}${at + 1}`, value]);
  return Object.fromEntries([...named("index", indexes), ...named("blob", blobs), ...named("double", doubles)]);
}

const isRequest = ({ kind }: Line) => kind === "request";

describe("a data point of Analytics Engine", () => {
  test("has the documented columns, with what the log line of the request says", async () => {
    const [key, readOnly, gone] = [
      await seedKey(),
      await seedKey({ permission: "read-only" }),
      await seedKey({ revokedAt: 1 }),
    ];
    const body = { method: "POST", body: "12345", headers: { "Content-Length": "5" } };
    const { points, lines, statuses } = await sendTo(() => {}, [
      withKey(key, "/signatures/1"),
      withKey(key, "/signatures/1", body),
      withKey(readOnly, "/signatures/1", body),
      withKey(gone, "/signatures/1"),
      withKey(key, "/nothing/here"),
      to("/status"),
      to("/signatures/1"),
      new Request("https://nobody.example.com/"),
    ]);
    expect(statuses).toEqual([201, 201, 403, 401, 404, 201, 401, 404]);
    expect(points.map(columnsOf)).toEqual(
      lines
        .filter(isRequest)
        .map((line) =>
          Object.fromEntries(
            Object.entries(COLUMNS).map(([column, field]) => [
              column,
              line[field] ?? (column.startsWith("double") ? 0 : ""),
            ]),
          ),
        ),
    );
  });

  test("has nothing that a client sent, and no address, whatever the log may have", async () => {
    const key = await seedKey();
    const headers = { "User-Agent": CANARY, Cookie: `a=${CANARY}`, "X-Request-Id": CANARY };
    const { points } = await sendTo(() => {}, [
      withKey(key, `/signatures/${CANARY}?q=${CANARY}`, { headers }),
      withKey(key, `/workspaces/${CANARY}/signatures/1`, { headers }),
      to(`/${CANARY}`, { headers: { ...headers, Authorization: `Bearer ${CANARY}` } }),
      to(`/signatures/1?key=${key.secret}`),
    ]);
    expect(points).toHaveLength(4);
    const text = JSON.stringify(points);
    for (const forbidden of [CANARY, encodeURIComponent(CANARY), "203.0.113", key.secret]) {
      expect(text).not.toContain(forbidden);
    }
  });

  test("is within the platform's limits", async () => {
    const { points } = await sendTo(() => {}, [withKey(await seedKey(), "/signatures/1")]);
    // https://developers.cloudflare.com/analytics/analytics-engine/limits/
    const [{ indexes = [], blobs = [], doubles = [] } = {}] = points;
    expect([indexes.length, blobs.length <= 20, doubles.length <= 20]).toEqual([1, true, true]);
    expect(new TextEncoder().encode(String(indexes[0])).length).toBeLessThanOrEqual(96);
  });

  test("is written of the data plane's requests only", async () => {
    const { points, statuses } = await sendTo(() => {}, [
      new Request("https://keys.example.com/healthz"),
      new Request("https://api.example.com/.well-known/jwks.json"),
    ]);
    expect(statuses).toEqual([200, 200]);
    expect(points.map(columnsOf)).toMatchObject([{ blob2: "/.well-known/jwks.json", blob3: "answered" }]);
  });

  test("that cannot be written fails no request, and the log says so", async () => {
    const refuse = () => {
      throw new TypeError("too many");
    };
    const { statuses, lines } = await sendTo(refuse, [to("/status")]);
    expect(statuses).toEqual([201]);
    expect(lines.filter((line) => !isRequest(line))).toMatchObject([
      { level: "error", message: expect.stringContaining("a data point was not written: TypeError: too many") },
    ]);
  });

  test("without its binding is not written: the log says so once, and requests are answered", async () => {
    const { statuses, lines } = await sendTo(undefined, [to("/status"), to("/status")]);
    expect(statuses).toEqual([201, 201]);
    expect(lines.filter((line) => !isRequest(line))).toMatchObject([
      { level: "error", message: "logging.analyticsEngine is on, but wrangler.toml has no binding ANALYTICS" },
    ]);
  });

  test("is not written unless the configuration asks for it", async () => {
    const { points } = await sendTo(() => {}, [to("/status")], createGateway(base));
    expect(points).toEqual([]);
  });
});
