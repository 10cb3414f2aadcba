import { beforeAll, describe, expect, test } from "vitest";
import { codeOf, headerOf, rawRequest, sendRaw } from "../helpers/raw.ts";
import { bearing, type Key, seed } from "../helpers/seed.ts";
import { devServer as gateway, origins } from "./shared.ts";

const ENVIRONMENTS = ["production", "sandbox"] as const;
const PREFIX = { production: "", sandbox: "/base" };

describe("A key works at its own environment's base URL, and nowhere else", () => {
  const origin = origins();
  let keys: Record<(typeof ENVIRONMENTS)[number], Key>;

  beforeAll(async () => {
    const tenant = await seed(gateway);
    keys = {
      production: await tenant.key({ environment: "production" }),
      sandbox: await tenant.key({ environment: "sandbox" }),
    };
  });

  test.for(ENVIRONMENTS)("a key of %s reaches the origin of %s, and no other", async (environment) => {
    const response = await fetch(`${gateway.base(environment)}/signatures/1`, { headers: bearing(keys[environment]) });
    expect(response.status).toBe(200);
    expect(origin[environment].seen.map(({ url }) => url)).toEqual([`${PREFIX[environment]}/signatures/1`]);
    const other = environment === "production" ? "sandbox" : "production";
    expect(origin[other].seen).toEqual([]);
  });

  test.for([
    ["production", "sandbox"],
    ["sandbox", "production"],
  ] as const)(
    "a key of %s is refused at the base URL of %s, is told its own, and reaches no origin",
    async ([of, at]) => {
      const response = await fetch(`${gateway.base(at)}/signatures/1`, { headers: bearing(keys[of]) });
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({
        code: "environment_mismatch",
        key_environment: of,
        base_url: gateway.base(of),
        detail: expect.stringContaining(gateway.base(of)),
      });
      expect([...origin.production.seen, ...origin.sandbox.seen]).toEqual([]);
    },
  );

  test("the prefix of a base URL is not forwarded, and the origin's own prefix is put in front", async () => {
    await fetch(`${gateway.base("sandbox")}/folders`, { headers: bearing(keys.sandbox) });
    expect(origin.sandbox.seen.map(({ url }) => url)).toEqual(["/base/folders"]);
  });

  describe("HTTPS only", () => {
    test.for([
      { host: "api.test", path: "/v1/signatures/1", environment: "production" },
      { host: "sandbox.test", path: "/v1/signatures/1", environment: "sandbox" },
      { host: "keys.test", path: "/v1/organizations", environment: "production" },
    ] as const)(
      "plain HTTP to $host is refused with no redirect, whatever the key",
      async ({ host, path, environment }) => {
        const authorization = `Bearer ${keys[environment].secret}`;
        const headers = [
          ["Host", host],
          ["Authorization", authorization],
        ] as const;
        const response = await sendRaw(gateway.port, rawRequest("GET", path, headers));
        expect(response?.status).toBe(403);
        expect(codeOf(response)).toBe("https_required");
        expect(headerOf(response, "location")).toBeUndefined();
        expect([...origin.production.seen, ...origin.sandbox.seen]).toEqual([]);
      },
    );
  });

  test.for([
    { host: "unknown.test", path: "/v1/signatures/1" },
    { host: "api.test", path: "/v2/signatures/1" },
    { host: "api.test", path: "/v1signatures/1" },
    { host: "api.test:8443", path: "/v1/signatures/1" },
    { host: "api.test.", path: "/v1/signatures/1" },
    { host: `127.0.0.1:${gateway.port}`, path: "/staging/signatures/1" },
  ])("what belongs to no base URL is not found: $host$path", async ({ host, path }) => {
    const headers = [
      ["Host", host],
      ["Authorization", `Bearer ${keys.production.secret}`],
    ] as const;
    const response = await sendRaw(gateway.port, rawRequest("GET", path, headers));
    expect(response?.status).toBe(404);
    expect(codeOf(response)).toBe("unknown_host");
    expect([...origin.production.seen, ...origin.sandbox.seen]).toEqual([]);
  });
});
