import { beforeAll, describe, expect, test } from "vitest";
import { buildPlane, codeOf, requestWith, SANDBOX, send } from "../gateway/plane.ts";
import { migrate, newClient, seedKey } from "../helpers/workerd.ts";

beforeAll(migrate);

const APP = "https://app.test";
const OWN = "X-Request-Id, RateLimit, RateLimit-Policy, Retry-After, Keygate-Key-Expires";

const corsHeaders = (response: Response) =>
  Object.fromEntries([...response.headers].filter(([name]) => name.startsWith("access-control-") || name === "vary"));

function preflight(path: string, origin = APP, method = "PUT") {
  const plane = buildPlane();
  const headers = {
    Origin: origin,
    "Access-Control-Request-Method": method,
    "Access-Control-Request-Headers": "authorization",
  };
  return send(plane, new Request(`${SANDBOX}${path}`, { method: "OPTIONS", headers })).then((response) => ({
    plane,
    response,
  }));
}

describe("a preflight", () => {
  test("of an allowed page is answered before authentication, and without the origin", async () => {
    const { plane, response } = await preflight("/pages/1");
    expect(response.status).toBe(204);
    expect(corsHeaders(response)).toEqual({
      "access-control-allow-origin": APP,
      "access-control-allow-credentials": "true",
      "access-control-allow-methods": "PUT",
      "access-control-allow-headers": "Authorization, Content-Type, X-Page",
      "access-control-expose-headers": `${OWN}, ETag`,
      "access-control-max-age": "600",
      vary: "Origin",
    });
    expect(plane.sent).toEqual([]);
    expect(plane.lines).toHaveLength(1);
  });

  test("of a route that allows every page is answered with the star, and without credentials", async () => {
    const { response } = await preflight("/widgets", "https://anything.test", "GET");
    expect(corsHeaders(response)).toMatchObject({ "access-control-allow-origin": "*", "access-control-max-age": "60" });
    expect(response.headers.has("Access-Control-Allow-Credentials")).toBe(false);
  });

  test.each([
    "https://evil.test",
    "https://app.test.evil.test",
    "http://app.test",
    "https://app.test:8443",
    "null",
    "https://APP.test",
  ])("of the page %s, which is not allowed, allows nothing", async (origin) => {
    const { response } = await preflight("/pages/1", origin);
    expect(response.status).toBe(204);
    expect(corsHeaders(response)).toEqual({ vary: "Origin" });
  });

  test.each([
    ["/vault", "PUT"],
    ["/nowhere", "GET"],
    ["/pages/..%2fvault", "GET"],
    ["/pages/1", "TRACE"],
  ])("of %s by %s, which allows no pages, is a request like any other", async (path, method) => {
    const { response } = await preflight(path, APP, method);
    expect([response.status, await codeOf(response)]).toEqual([401, "credentials_missing"]);
  });

  test("is only what names an origin and a method: another OPTIONS goes to the origin", async () => {
    const key = await seedKey();
    const plane = buildPlane();
    const response = await send(plane, requestWith(key, "/pages/1", { method: "OPTIONS", headers: { Origin: APP } }), {
      address: newClient(),
    });
    expect([response.status, plane.sent.length]).toEqual([200, 1]);
  });
});

describe("a preflight for a method that no route of the path takes", () => {
  test("is answered where pages can call the path, so that they can read the refusal, and is not kept", async () => {
    const { plane, response } = await preflight("/album/1", APP, "DELETE");
    expect([response.status, plane.sent.length]).toEqual([204, 0]);
    expect(corsHeaders(response)).toMatchObject({
      "access-control-allow-origin": APP,
      "access-control-allow-methods": "DELETE",
      "access-control-max-age": "0",
    });
    const key = await seedKey();
    const init = { method: "DELETE", headers: { Origin: APP } };
    const refused = await send(plane, requestWith(key, "/album/1", init), { address: newClient() });
    expect([refused.status, plane.sent.length]).toEqual([405, 0]);
    expect(refused.headers.get("Access-Control-Allow-Origin")).toBe(APP);
  });

  test.each(["*", "delete", "DELETE, PUT", "", "TRACE"])(
    "is not answered for %j, which is no method that a page can send",
    async (method) => {
      const { response } = await preflight("/album/1", APP, method);
      expect([response.status, response.headers.has("Access-Control-Allow-Methods")]).toEqual([401, false]);
    },
  );
});

describe("CORS headers", () => {
  const expected = {
    "access-control-allow-origin": APP,
    "access-control-allow-credentials": "true",
    "access-control-expose-headers": `${OWN}, ETag`,
    vary: "Origin",
  };
  const headers = { Origin: APP };

  test("are on the answer of the origin", async () => {
    const plane = buildPlane();
    const response = await send(plane, requestWith(await seedKey(), "/pages/1", { headers }), { address: newClient() });
    expect(response.status).toBe(200);
    expect(corsHeaders(response)).toEqual(expected);
  });

  test("are on errors too, so that a page can read them", async () => {
    const limits = { rates: [{ name: "hourly", limit: 1, window: 3_600 }] };
    const limited = await seedKey({ limits });
    const address = newClient();
    const plane = buildPlane();
    await send(plane, requestWith(limited, "/pages/1"), { address });
    const down = buildPlane({ originFetch: () => Promise.reject(new Error("down")), ask: undefined });
    const responses = [
      await send(plane, new Request(`${SANDBOX}/pages/1`, { headers })),
      await send(plane, new Request(`${SANDBOX}/pages/1`, { headers: { ...headers, Authorization: "Bearer x" } })),
      await send(plane, requestWith(await seedKey({ revokedAt: 2 }), "/pages/1", { headers }), { address }),
      await send(plane, requestWith(await seedKey({ scopes: ["vault:read"] }), "/pages/1", { headers }), { address }),
      await send(plane, requestWith(limited, "/pages/1", { headers }), { address }),
      await send(down, requestWith(await seedKey(), "/pages/1", { headers }), { address }),
    ];
    expect(responses.map(({ status }) => status)).toEqual([401, 401, 401, 403, 429, 502]);
    for (const response of responses) expect(corsHeaders(response)).toEqual(expected);
  });

  test("take the place of the origin's own", async () => {
    const originFetch = async () =>
      new Response("", {
        headers: { "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Credentials": "false" },
      });
    const plane = buildPlane({ originFetch });
    const response = await send(plane, requestWith(await seedKey(), "/pages/1", { headers }), { address: newClient() });
    expect(corsHeaders(response)).toEqual(expected);
  });

  test.each([
    ["a page that the route does not list", "/pages/1", "https://evil.test"],
    ["a page without an origin", "/pages/1", "null"],
    ["no page", "/pages/1", undefined],
    ["any page, where all can read", "/widgets", "https://evil.test"],
  ])("of the origin do not reach %s", async (_, path, page) => {
    const forged = {
      "Access-Control-Allow-Origin": page ?? "*",
      "Access-Control-Allow-Credentials": "true",
      "Access-Control-Allow-Methods": "PUT",
      "Access-Control-Allow-Headers": "X-Forged",
      "Access-Control-Expose-Headers": "X-Forged",
      "Access-Control-Max-Age": "86400",
      "Access-Control-Allow-Private-Network": "true",
      "Access-Control-Of-Some-Later-Year": "true",
    };
    const plane = buildPlane({ originFetch: async () => new Response("", { headers: forged }) });
    const init = page === undefined ? {} : { headers: { Origin: page } };
    const response = await send(plane, requestWith(await seedKey(), path, init), { address: newClient() });
    expect([response.status, plane.sent.length]).toEqual([200, 1]);
    expect(corsHeaders(response)).toEqual(
      path === "/widgets"
        ? { "access-control-allow-origin": "*", "access-control-expose-headers": OWN, vary: "Origin" }
        : { vary: "Origin" },
    );
  });

  test("of the origin pass where the route has no rules", async () => {
    const own = { "access-control-allow-origin": "https://evil.test", "access-control-max-age": "5", vary: "Origin" };
    const plane = buildPlane({ originFetch: async () => new Response("", { headers: own }) });
    const response = await send(plane, requestWith(await seedKey(), "/files/a", { headers }), { address: newClient() });
    expect(corsHeaders(response)).toEqual(own);
  });

  test.each(["Origin", "Accept, origin", "ORIGIN , Accept", "*"])("leave Vary: %s as it is", async (vary) => {
    const plane = buildPlane({ originFetch: async () => new Response("", { headers: { Vary: vary } }) });
    const response = await send(plane, requestWith(await seedKey(), "/pages/1"), { address: newClient() });
    expect(response.headers.get("Vary")).toBe(vary);
  });

  test("are on errors that are found before a route is, for the pages that some route allows", async () => {
    const plane = buildPlane();
    const address = newClient();
    const key = await seedKey();
    const long = `/nowhere?${"x".repeat(20_000)}`;
    const fields = Object.fromEntries(Array.from({ length: 201 }, (_, n) => [`X-${n}`, "1"]));
    const ask = async (url: string, init: RequestInit, page: string) => {
      const sent = { ...init, headers: { ...(init.headers as Record<string, string>), Origin: page } };
      const request = url.startsWith("/") ? requestWith(key, url, sent) : new Request(url, sent);
      const response = await send(plane, request, { address });
      const { headers: got } = response;
      return [
        response.status,
        got.get("Access-Control-Allow-Origin"),
        got.get("Access-Control-Allow-Credentials"),
        got.get("Vary"),
      ];
    };
    const errors: [status: number, url: string, init: RequestInit][] = [
      [404, "/nowhere", {}],
      [405, "/album/1", { method: "PUT" }],
      [400, "/pages/..%2fvault", {}],
      [414, long, {}],
      [431, "/nowhere", { headers: fields }],
      [401, `${SANDBOX}/nowhere`, {}],
      [401, `${SANDBOX}/nowhere`, { headers: { Authorization: "Basic eA==" } }],
      [400, `${SANDBOX}/nowhere`, { headers: { Authorization: "Bearer a, Bearer b" } }],
      [401, `${SANDBOX}/nowhere?key=${key.secret}`, {}],
      [401, `${SANDBOX}/nowhere`, { method: "OPTIONS", headers: { "Access-Control-Request-Method": "PUT" } }],
      [401, `${SANDBOX}/vault`, { method: "OPTIONS", headers: { "Access-Control-Request-Method": "PUT" } }],
      [404, "https://elsewhere.test/v1/pages/1", {}],
      [403, "http://sandbox.test/v1/pages/1", {}],
    ];
    for (const [status, url, init] of errors) {
      expect(await ask(url, init, APP)).toEqual([status, APP, "true", "Origin"]);
      expect(await ask(url, init, "https://evil.test")).toEqual([status, "*", null, "Origin"]);
    }
  });

  test("do not tell a route without rules from none", async () => {
    const ask = async (path: string, method: string, asked: Record<string, string> = {}) => {
      const response = await send(
        buildPlane(),
        new Request(`${SANDBOX}${path}`, { method, headers: { Origin: APP, ...asked } }),
      );
      const { request_id, ...problem } = (await response.json()) as Record<string, unknown>;
      return [response.status, problem, [...response.headers].filter(([name]) => name !== "x-request-id")];
    };
    for (const method of ["GET", "PUT", "OPTIONS"]) {
      expect(await ask("/vault", method)).toEqual(await ask("/nowhere", method));
    }
    const asked = { "Access-Control-Request-Method": "POST" };
    expect(await ask("/vault", "OPTIONS", asked)).toEqual(await ask("/nowhere", "OPTIONS", asked));
  });

  test("of an origin are nothing that an answer of a status above 599 can hold", async () => {
    // The runtime makes no such answer, but passes it.
    const odd = new Proxy(new Response("", { headers: { "Access-Control-Allow-Origin": "*" } }), {
      get: (target, name) => (name === "status" ? 799 : Reflect.get(target, name)),
    });
    const plane = buildPlane({ originFetch: async () => odd });
    const response = await send(plane, requestWith(await seedKey(), "/pages/1", { headers }), { address: newClient() });
    expect([response.status, await codeOf(response)]).toEqual([502, "origin_unreachable"]);
  });

  test("tell caches that the answer depends on the page, also where no page asked", async () => {
    const originFetch = async () => new Response("", { headers: { Vary: "Accept" } });
    const response = await send(buildPlane({ originFetch }), requestWith(await seedKey(), "/pages/1"), {
      address: newClient(),
    });
    expect(corsHeaders(response)).toEqual({ vary: "Accept, Origin" });
  });

  test("are absent where the route has none", async () => {
    const response = await send(buildPlane(), requestWith(await seedKey(), "/files/a", { headers }), {
      address: newClient(),
    });
    expect(corsHeaders(response)).toEqual({});
  });
});
