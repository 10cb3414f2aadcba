import { describe, expect, test } from "vitest";
import gatewayConfig from "../../gateway.config.ts";
import { compile } from "../../src/config/compile.ts";
import { defineGateway } from "../../src/config/types.ts";
import { changed, mistakesOf } from "./base.ts";

describe("mistakes", () => {
  test("of form are all listed at once", () => {
    const config = changed({
      "environments.production.keyPrefix": "KG",
      "plans.free.rates.0.limit": 0,
      "routes.0.orgin": "billing",
      "routes.0.pathh": "/",
      control: undefined,
    });
    expect(mistakesOf(config).map((line) => line.split(": ")[0])).toEqual([
      "environments.production.keyPrefix",
      "control",
      "plans.free.rates[0].limit",
      "routes[0].orgin",
      "routes[0].pathh",
    ]);
  });

  test("of reference are all listed at once", () => {
    const config = changed({
      "environments.sandbox.keyPrefix": "kg_live",
      "resources.usage": { actions: ["read"] },
      "roles.clerk.scopes": ["nothing:read", "no bundle"],
      "routes.0.origin": "nowhere",
      "routes.0.resource": "nothing",
    });
    expect(mistakesOf(config).map((line) => line.split(": ")[0])).toEqual([
      "environments.sandbox.keyPrefix",
      "resources.usage",
      "roles.clerk.scopes[0]",
      "roles.clerk.scopes[1]",
      "routes[0].origin",
      "routes[0].resource",
    ]);
  });
});

describe("the compiled configuration", () => {
  test("is had from the file in this repository without a mistake", () => {
    expect(mistakesOf(gatewayConfig)).toEqual([]);
  });

  test("is had from the least that a file can say", () => {
    const gateway = compile(
      defineGateway({
        environments: { live: { baseUrls: ["http://api.test"], issuer: "http://api.test", keyPrefix: "k" } },
        control: { baseUrls: ["http://keys.test"] },
        origins: { web: { live: { url: "http://web.test/base" } } },
        resources: {},
        keys: { actAs: "organization" },
        routes: [{ path: "/*", origin: "web", public: true }],
      }),
    );
    expect(gateway.keys).toEqual({
      actAs: "organization",
      reaches: ["organization", "workspace"],
      maxWorkspaces: 20,
      lifetimeDays: 365,
      quotaPerOrganization: 200,
      authorityLocation: "request",
      required: [],
      importedFormats: [],
    });
    expect(gateway.plans).toEqual({});
  });

  test("has the formats of imported keys in the order of the file", () => {
    const { importedFormats } = compile(
      changed({
        "keys.importedFormats": [
          { pattern: "acme_live_[0-9a-f]{16}", environment: "production" },
          { pattern: "acme_test_[0-9a-f]{16}", environment: "sandbox" },
        ],
      }),
    );
    expect(importedFormats.map(({ environment }) => environment)).toEqual(["production", "sandbox"]);
    const sandboxKey = "acme_test_0123456789abcdef";
    expect(importedFormats.map(({ matches }) => matches(sandboxKey))).toEqual([false, true]);
    expect(importedFormats.some(({ matches }) => matches(`${sandboxKey}0`) || matches(` ${sandboxKey}`))).toBe(false);
  });

  test("has the base URLs of a host with the longest prefix first", () => {
    const gateway = compile(
      changed({
        "environments.production.baseUrls": ["https://api.test", "https://api.test/v1"],
        "environments.sandbox.baseUrls": ["http://api.test/v1/sandbox"],
      }),
    );
    expect(gateway.baseUrls.get("api.test")).toMatchObject([
      { scheme: "http:", prefix: "/v1/sandbox", environment: { name: "sandbox" } },
      { scheme: "https:", prefix: "/v1", environment: { name: "production" } },
      { scheme: "https:", prefix: "", environment: { name: "production" } },
    ]);
  });

  test("has the base URLs of the control plane, which are of no environment", () => {
    const gateway = compile(changed());
    expect(gateway.controlUrl).toBe("https://keys.test");
    expect(gateway.baseUrls.get("keys.test")).toEqual([{ scheme: "https:", prefix: "", environment: undefined }]);
  });

  test("tells callers the first base URL of an environment", () => {
    const gateway = compile(
      changed({ "environments.production.baseUrls": ["https://first.test/v1", "https://b.test"] }),
    );
    expect(gateway.environments.production?.url).toBe("https://first.test/v1");
  });

  test("knows the environment of a key by its prefix", () => {
    expect(compile(changed()).environmentOfPrefix).toEqual(
      new Map([
        ["kg_live", "production"],
        ["kg_test", "sandbox"],
      ]),
    );
  });

  test("has a burst of the limit where none is given", () => {
    const rates = [
      { name: "second", limit: 10, window: 1 },
      { name: "minute", limit: 60, window: 60, burst: 5 },
    ];
    expect(compile(changed({ "plans.free.rates": rates })).plans.free?.rates.map(({ burst }) => burst)).toEqual([
      10, 5,
    ]);
  });

  test("has the built-in resources beside the declared ones", () => {
    const { resources } = compile(changed()).policy;
    expect(resources.invoices).toMatchObject({ management: false, administrative: false, workspaceKeys: "all" });
    expect(resources.api_keys).toMatchObject({ management: true, actions: ["read", "write", "delete"] });
  });

  test("finds a route with its origin in every environment, its methods and its parameters", () => {
    const found = compile(changed()).router.find("/workspaces/ws_1/refunds/7");
    expect(found?.params).toEqual(["ws_1"]);
    expect(found?.routes).toMatchObject([
      {
        path: "/workspaces/:workspace/refunds/*",
        params: ["workspace"],
        origins: { production: { url: "https://billing.test" }, sandbox: { service: "BILLING_SANDBOX" } },
        resource: "refunds",
        workspace: { param: "workspace" },
        methods: undefined,
      },
    ]);
  });

  test("finds for one path a route of its methods and one of all others, which are of one shape", () => {
    const gateway = compile(changed({ "routes.3.path": "/invoices/search" }));
    const found = gateway.router.find("/invoices/search");
    expect(found?.routes.map(({ methods }) => methods)).toEqual([new Set(["GET", "HEAD"]), undefined]);
    expect(new Set(found?.routes.map(({ shape }) => shape))).toEqual(new Set(["/invoices/search"]));
  });

  test("guards no public route with a resource", () => {
    const routes = compile(changed()).router.find("/status")?.routes;
    expect(routes?.map(({ resource }) => resource)).toEqual([undefined]);
  });
});

test.each([
  ["full", true],
  ["truncated", true],
  ["none", false],
] as const)("with client addresses %s, the place of a session is kept: %s", (clientAddress, keepsPlaces) => {
  expect(compile({ ...gatewayConfig, logging: { clientAddress } }).keepsPlaces).toBe(keepsPlaces);
});
