/** What every answer of the control plane says to browsers, whichever route it is of. */

import { createExecutionContext, env } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import config from "../../gateway.config.ts";
import { createGateway } from "../../src/app.ts";
import { createControlPlane } from "../../src/control-plane.ts";
import type { Env } from "../../src/env.ts";
import { controlOf, GATEWAY } from "../helpers/control.ts";
import { migrate } from "../helpers/workerd.ts";
import { CONTROL, worker } from "./call.ts";

await migrate();

const unexpected = () => Promise.reject(new Error("unexpected"));
const { routes } = createControlPlane({
  gateway: GATEWAY,
  now: () => Date.now(),
  controlFor: () => controlOf(),
  calls: { deniedBefore: unexpected as never, take: unexpected },
  ...{ rootTokens: "", metricsTokens: "", readTotals: unexpected },
  recordOfKey: unexpected,
  readAsset: unexpected,
  checks: { d1: unexpected, kv: unexpected, authority: unexpected, jurisdiction: unexpected },
  newRequestId: () => "req",
  log: () => {},
});

const pathOf = (route: string) => route.replace("/*", "/x").replaceAll(/:\w+/g, "x");
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const calls = new Set(
  routes.flatMap(({ method, path }) =>
    (method === "ALL" ? METHODS : [method]).map((known) => `${known} ${pathOf(path)}`),
  ),
);

const HARDENING = ["x-content-type-options", "strict-transport-security"];
const hardeningOf = ({ headers }: Response) => HARDENING.map((name) => headers.get(name));
const NOSNIFF = "nosniff";
const A_YEAR = "max-age=31536000";

test("there are routes to walk, those of pages, documents, errors and the API", () => {
  expect(calls.size).toBeGreaterThan(100);
  for (const path of ["/docs", "/docs/x", "/errors", "/v1/openapi.json", "/readyz", "/keys", "/"]) {
    expect([...calls]).toContain(`GET ${path}`);
  }
});

describe("every answer forbids guessing its type, and asks for HTTPS from now on", () => {
  test.each([...calls, "GET /nowhere", "TRACE /v1/api-keys"])("%s", async (call) => {
    const [method = "", path] = call.split(" ");
    const response = await worker.fetch(`${CONTROL}${path}`, { method, redirect: "manual" });
    await response.arrayBuffer();
    expect(hardeningOf(response)).toEqual([NOSNIFF, A_YEAR]);
  });

  test("also where something broke", async () => {
    const broken = { ...env, DB: undefined } as unknown as Env;
    const request = new Request(`${CONTROL}/v1/organizations`, {
      headers: { Authorization: `Bearer ${env.KEYGATE_ROOT_TOKEN}` },
    });
    const response = await createGateway(config).fetch(request, broken, createExecutionContext());
    expect([response.status, ...hardeningOf(response)]).toEqual([500, NOSNIFF, A_YEAR]);
  });
});

test("a control plane on plain HTTP, as on one's own machine, does not ask for HTTPS", async () => {
  const local = { ...config, control: { baseUrls: ["http://localhost:8787"] } };
  const request = new Request("http://localhost:8787/errors");
  const response = await createGateway(local).fetch(request, env as unknown as Env, createExecutionContext());
  expect(hardeningOf(response)).toEqual([NOSNIFF, null]);
});
