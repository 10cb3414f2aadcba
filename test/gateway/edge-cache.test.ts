import { beforeAll, describe, expect, test } from "vitest";
import { compile, type Environment } from "../../src/config/compile.ts";
import type { Route } from "../../src/config/route-table.ts";
import type { RouteConfig } from "../../src/config/types.ts";
import { type DataEndpoint, findEndpoint } from "../../src/decide/endpoint.ts";
import type { Principal } from "../../src/decide/principal.ts";
import { Departure } from "../../src/gateway/departure.ts";
import { forward } from "../../src/gateway/forward/forward.ts";
import type { OriginInit } from "../../src/gateway/origins/origin.ts";
import { newNotes } from "../../src/gateway/visit.ts";
import { migrate, newClient, seedKey } from "../helpers/workerd.ts";
import { CONFIG } from "./config.ts";
import { buildPlane, originsOf, requestWith, send } from "./plane.ts";

beforeAll(migrate);

const METHODS = "GET HEAD POST PUT PATCH DELETE OPTIONS PROPFIND QUERY PURGE REPORT SEARCH COPY MKCOL".split(" ");
const KEPT_OUT = { cacheTtlByStatus: { "100-599": -1 } };

const PLAIN = { production: { url: "https://a.test" }, sandbox: { url: "https://b.test" } };
const ORIGINS = {
  plain: PLAIN,
  cached: {
    production: { url: "https://c.test", cachePublicRoutes: true },
    sandbox: { url: "https://d.test", cachePublicRoutes: true },
  },
  service: { production: { service: "ONE" }, sandbox: { service: "TWO" } },
};

const PRINCIPAL = {
  ...{ subject: "key_1", organization: "org_1", member: null, environment: "sandbox" },
  rights: { effective: new Set(["folders:read"]), workspaces: undefined },
} as unknown as Principal;

function routeOf(settings: Partial<RouteConfig>, origin: keyof typeof ORIGINS): Route {
  const guard = settings.public ? {} : { resource: "folders" };
  // What cachePublicRoutes is for.
  const other = { path: "/public", origin: "cached", public: true } as const;
  const routes = [{ path: "/r/*", origin, ...guard, ...settings }, other];
  return compile({ ...CONFIG, origins: ORIGINS, routes } as never).routes[0] as Route;
}

/** The inits that an origin is asked with. */
async function initsOf(route: Route, request: Request, fails = 0): Promise<OriginInit[]> {
  const inits: OriginInit[] = [];
  const url = new URL(request.url);
  const gateway = compile(CONFIG);
  const endpoint = findEndpoint(url, gateway) as DataEndpoint & { environment: Environment };
  const originOf = originsOf([route], async (outgoing, init) => {
    inits.push(init);
    // As the runtime takes it: what the init says of `cf` stands.
    expect(new Request(outgoing, init as never).cf).toEqual(init.cf ?? outgoing.cf);
    if (inits.length <= fails) throw new Error("the connection was reset");
    return new Response("an answer", { headers: { "Cache-Control": "public, max-age=60" } });
  });
  const forwarding = {
    route,
    origin: originOf(route, endpoint.environment.name),
    endpoint,
    principal: route.public ? undefined : PRINCIPAL,
    headerNames: [],
    others: undefined,
    watch: undefined,
  };
  const of = { client: "", requestId: "", waitUntil: () => {}, departure: new Departure(request.signal) };
  const visit = { request, url, ...of, notes: newNotes() };
  const plane = { gateway, assert: async () => "an assertion", now: Date.now, log: () => {} };
  await forward(forwarding, visit, plane);
  return inits;
}

const requestOf = (method: string, init: RequestInit = {}) =>
  new Request("https://sandbox.test/v1/r/1.pdf", { method, ...init });

describe.each(["plain", "cached"] as const)("Cloudflare's cache keeps no answer to a key (origin: %s)", (origin) => {
  test.each(METHODS)("to %s", async (method) => {
    for (const [name, value] of [
      ["X-Plain", "1"],
      ["Authorization", "Bearer x"],
      ["Cache-Control", "max-age=60"],
    ] as const) {
      const [init] = await initsOf(routeOf({}, origin), requestOf(method, { headers: { [name]: value } }));
      expect(init?.cf).toEqual(KEPT_OUT);
      // It would change what the origin gets.
      expect(init).not.toHaveProperty("cache");
    }
  });

  test("to a request with a body, watched or not", async () => {
    for (const settings of [{}, { requestIdleSeconds: 5 }, { digest: true }]) {
      const [init] = await initsOf(routeOf(settings, origin), requestOf("POST", { body: "a body" }));
      expect(init?.cf).toEqual(KEPT_OUT);
    }
  });

  test("to a second try", async () => {
    expect((await initsOf(routeOf({}, origin), requestOf("GET"), 1)).map(({ cf }) => cf)).toEqual([KEPT_OUT, KEPT_OUT]);
  });

  test("to a request for a WebSocket", async () => {
    const headers = { Upgrade: "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "a" };
    expect((await initsOf(routeOf({}, origin), requestOf("GET", { headers })))[0]?.cf).toEqual(KEPT_OUT);
  });

  test("to a request that a hook returned, whatever that says of the cache", async () => {
    const onRequest = (request: Request) => new Request(request, { cf: { cacheEverything: true, cacheTtl: 60 } });
    expect((await initsOf(routeOf({ onRequest }, origin), requestOf("GET")))[0]?.cf).toEqual(KEPT_OUT);
  });

  test("on a route that forwards credentials, or goes on without its key's authority", async () => {
    for (const settings of [{ forwardCredentials: true }, { onAuthorityFailure: "open" as const }]) {
      expect((await initsOf(routeOf(settings, origin), requestOf("GET")))[0]?.cf).toEqual(KEPT_OUT);
    }
  });
});

test("on a public route it keeps answers only of origins that say cachePublicRoutes", async () => {
  for (const method of METHODS) {
    expect((await initsOf(routeOf({ public: true }, "plain"), requestOf(method)))[0]?.cf).toEqual(KEPT_OUT);
    expect((await initsOf(routeOf({ public: true }, "cached"), requestOf(method)))[0]?.cf).toBeUndefined();
  }
});

test("a service is told of the client as the edge told the gateway", async () => {
  const cf = { country: "NZ" };
  for (const method of METHODS) {
    const [init] = await initsOf(routeOf({}, "service"), requestOf(method, { cf }));
    expect(init).not.toHaveProperty("cf");
  }
});

test("every request with a key that the data plane sends says so", async () => {
  const inits: OriginInit[] = [];
  const originFetch = async (_: Request, init: OriginInit) => {
    inits.push(init);
    return new Response("an answer");
  };
  const key = await seedKey();
  for (const path of ["/files/a", "/signatures/1.pdf", "/pages/1", "/relay", "/status", "/letters"]) {
    await send(buildPlane({ originFetch }), requestWith(key, path), { address: newClient() });
  }
  expect(inits.map(({ cf }) => cf)).toEqual(Array(6).fill(KEPT_OUT));
});
