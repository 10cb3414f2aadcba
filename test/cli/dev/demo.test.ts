import { statSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import config from "../../../gateway.config.ts";
import { type Demo, prepareDemo } from "../../../src/cli/dev/demo.ts";
import { Api } from "../../../src/cli/gateway/api.ts";
import type { GatewayConfig } from "../../../src/config/types.ts";
import { type Call, type FakeApi, startApi, TOKEN, temporaryFolder } from "../helpers.ts";

/** Plays both planes: what was created is there, and the secrets of keys open the environments. */
function gatewayWith(secrets: Map<string, string>) {
  let made = 0;
  return ({ method, path, headers }: Call) => {
    if (!path.startsWith("/v1/")) {
      const accepted = [...secrets.values()].some((secret) => headers.authorization === `Bearer ${secret}`);
      return { status: accepted ? 404 : 401, body: {} };
    }
    const id = method === "GET" ? (path.split("/").at(-1) as string) : `id_${made++}`;
    if (method === "POST") secrets.set(id, `secret of ${id}`);
    return secrets.has(id)
      ? { status: 200, body: { id, secret: secrets.get(id) } }
      : { status: 404, body: { title: "Not found" } };
  };
}

describe("the demo's data", () => {
  const secrets = new Map<string, string>();
  let server: FakeApi;
  let file: string;
  let local: GatewayConfig;
  beforeEach(async () => {
    secrets.clear();
    file = join(temporaryFolder(), "keygate-demo.json");
    server = await startApi(gatewayWith(secrets));
    const environments = Object.entries(config.environments).map(([name, environment]) => [
      name,
      { ...environment, baseUrls: [`${server.url}/${name}`] },
    ]);
    local = { ...config, environments: Object.fromEntries(environments) };
  });

  const prepare = () => prepareDemo(new Api({ url: server.url, token: TOKEN }), local, file);
  const created = () => server.calls.filter(({ method }) => method === "POST").map(({ path }) => path.slice(4));

  test("is one organization with its people and four keys, remembered for their owner's eyes only", async () => {
    const demo = await prepare();
    expect(created()).toEqual([
      "organizations",
      ...["workspaces", "workspaces", "members", "members", "members"],
      ...["api-keys", "api-keys", "api-keys", "api-keys"],
    ]);
    expect(Object.keys(demo.keys)).toEqual(["sandbox", "production", "readOnly", "free"]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test("is made once", async () => {
    const first = await prepare();
    const calls = created().length;
    expect(await prepare()).toEqual(first);
    expect(created()).toHaveLength(calls);
  });

  test("is made again, whole, after the database was wiped", async () => {
    const first = await prepare();
    const calls = created().length;
    secrets.clear();
    const second = await prepare();
    expect(created()).toHaveLength(2 * calls);
    expect(second.keys.sandbox.secret).not.toBe(first.keys.sandbox.secret);
  });

  test("gets a new key where one is no longer accepted, and nothing else new", async () => {
    const first: Demo = await prepare();
    secrets.delete(first.keys.readOnly.id);
    const { keys, ...people } = await prepare();
    expect(people).toEqual({ ...first, keys: undefined });
    expect(keys).toMatchObject({
      sandbox: first.keys.sandbox,
      production: first.keys.production,
      free: first.keys.free,
    });
    expect(keys.readOnly.id).not.toBe(first.keys.readOnly.id);
  });
});
