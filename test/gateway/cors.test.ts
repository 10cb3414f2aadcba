import { beforeAll, describe, expect, test } from "vitest";
import { migrate, newClient, seedKey } from "../helpers/workerd.ts";
import { buildPlane, codeOf, requestWith, SANDBOX, send } from "./plane.ts";

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
