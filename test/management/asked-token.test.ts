/** A 401 names the token that the endpoint takes: the metrics token, or the root token and keys. */

import { createExecutionContext, env } from "cloudflare:test";
import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import config from "../../gateway.config.ts";
import { createGateway } from "../../src/app.ts";
import type { Env } from "../../src/env.ts";
import { captureLog } from "../helpers/log-lines.ts";
import { migrate } from "../helpers/workerd.ts";
import { CONTROL, worker } from "./call.ts";

beforeAll(migrate);
beforeEach(() => {
  captureLog(() => {});
  return () => void vi.restoreAllMocks();
});

const ROOT = `Bearer ${env.KEYGATE_ROOT_TOKEN}`;
const METRICS = `Bearer ${env.KEYGATE_METRICS_TOKEN}`;

async function refusedAt(path: string, authorization?: string) {
  const headers = { ...(authorization !== undefined && { Authorization: authorization }) };
  const response = await worker.fetch(`${CONTROL}${path}`, { headers });
  const { status, code, detail, fix } = (await response.json()) as Record<string, string>;
  return { status, code, detail, fix, challenge: response.headers.get("WWW-Authenticate") };
}

describe("/metrics", () => {
  test("asks for the metrics token, and says where it is, if there is none", async () => {
    const { detail, fix, challenge } = await refusedAt("/metrics");
    expect(detail).toMatch(/metrics token/);
    expect(fix).toMatch(/Bearer <metrics token>.*KEYGATE_METRICS_TOKEN.*\.dev\.vars/);
    expect(`${detail} ${fix}`).not.toMatch(/your API key/);
    expect(challenge).toBe('Bearer realm="keygate metrics"');
  });

  test.each([
    ["the root token", ROOT],
    ["an API key", `Bearer kg_test_${"a".repeat(36)}`],
    ["another scheme", "Basic eDp5"],
  ])("says of %s that it is not the metrics token", async (_, authorization) => {
    const { status, code, detail, fix, challenge } = await refusedAt("/metrics", authorization);
    expect([status, code]).toEqual([401, "token_invalid"]);
    expect(detail).toMatch(/not.*metrics token.*root token and API keys do not open \/metrics/i);
    expect(fix).toMatch(/Bearer <metrics token>.*KEYGATE_METRICS_TOKEN/);
    expect(challenge).toBe('Bearer realm="keygate metrics", error="invalid_token"');
  });
});

test("where metrics are off, the next step is the secret that turns them on, and no id", async () => {
  const bindings = { ...env, KEYGATE_METRICS_TOKEN: "" } as unknown as Env;
  const response = await createGateway(config).request(`${CONTROL}/metrics`, {}, bindings, createExecutionContext());
  const { status, fix } = (await response.json()) as Record<string, string>;
  expect(status).toBe(404);
  expect(fix).toMatch(/set the secret KEYGATE_METRICS_TOKEN/i);
  expect(fix).not.toMatch(/\bid\b/);
});

test("where nothing is served, the next step is the path, and no id", async () => {
  const response = await worker.fetch(`${CONTROL}/nowhere`);
  const { status, fix } = (await response.json()) as Record<string, string>;
  expect([status, fix]).toEqual([404, "Check the path."]);
});

describe("the management API", () => {
  test("asks for the root token or a key, if there is none", async () => {
    const { code, fix, challenge } = await refusedAt("/v1/whoami");
    expect(code).toBe("credentials_missing");
    expect(fix).toMatch(/root token.*\.dev\.vars.*API key/);
    expect(challenge).toBe('Bearer realm="keygate management"');
  });

  test("says that it takes the root token or a key, and no other token", async () => {
    const { code, detail, fix } = await refusedAt("/v1/whoami", METRICS);
    expect(code).toBe("token_invalid");
    expect(detail).toMatch(/root token.*key/);
    expect(fix).toMatch(/root token.*API key/);
    expect(`${detail} ${fix}`).not.toMatch(/metrics/);
  });
});

test("an environment asks for a key", async () => {
  const response = await worker.fetch("https://sandbox.example.com/v1/signatures/1");
  expect(await response.json()).toMatchObject({
    code: "credentials_missing",
    fix: "Send the header `Authorization: Bearer <your API key>`.",
  });
});
