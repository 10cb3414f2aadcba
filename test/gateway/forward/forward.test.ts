import { beforeAll, describe, expect, test } from "vitest";
import { migrate, newClient, type Seed, seedKey } from "../../helpers/workerd.ts";
import { buildPlane, type PlaneOptions, requestWith, SANDBOX, send } from "../plane.ts";

beforeAll(migrate);

/** What the origin gets for a request with a key. */
async function forwarded(path: string, init: RequestInit = {}, seed: Seed = {}, address = newClient()) {
  const key = await seedKey(seed);
  const plane = buildPlane();
  const response = await send(plane, requestWith(key, path, init), { address });
  expect(response.status).toBe(200);
  const [sent] = plane.sent;
  if (!sent) throw new Error("nothing was forwarded");
  return { key, sent, response, headers: sent.headers };
}

/** What the client gets for an answer of the origin. */
async function answered(
  answer: Response,
  options: PlaneOptions & { seed?: Seed; path?: string; request?: RequestInit } = {},
) {
  const key = await seedKey(options.seed);
  const plane = buildPlane({ ...options, originFetch: async () => answer });
  return send(plane, requestWith(key, options.path ?? "/files/a", options.request), { address: newClient() });
}

const HANDSHAKE = {
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
};

describe("the URL that the origin gets", () => {
  test.each([
    ["/files/a", "https://origin-sandbox.test/base/files/a"],
    ["/files/a?x=1&x=2&y=%20+%zz&empty", "https://origin-sandbox.test/base/files/a?x=1&x=2&y=%20+%zz&empty"],
    ["/signatures/@scope%2fname", "https://origin-sandbox.test/base/signatures/@scope%2fname"],
    [
      "/signatures/caf%C3%A9%20?q=%F0%9F%94%91",
      "https://origin-sandbox.test/base/signatures/caf%C3%A9%20?q=%F0%9F%94%91",
    ],
    ["/signatures//evil.test/x", "https://origin-sandbox.test/base/signatures//evil.test/x"],
    ["/signatures/https://evil.test", "https://origin-sandbox.test/base/signatures/https://evil.test"],
    ["/signatures/a@evil.test:80", "https://origin-sandbox.test/base/signatures/a@evil.test:80"],
  ])("for %s is %s", async (path, url) => {
    expect((await forwarded(path)).sent.url).toBe(url);
  });

  test("is of the origin of the key's environment", async () => {
    expect((await forwarded("/files/a", {}, { environment: "production" })).sent.url).toBe(
      "https://origin.test/base/files/a",
    );
  });
});

// https://www.rfc-editor.org/rfc/rfc9110#section-7.6.2
describe("an OPTIONS that may pass so many servers", () => {
  const options = (hops: string, method = "OPTIONS") => ({ method, headers: { "Max-Forwards": hops } });

  test.each([
    ["3", "2"],
    ["1", "0"],
    ["007", "6"],
    ["9".repeat(30), "2147483646"],
    ["no number", "no number"],
    ["-1", "-1"],
    ["0, 0", "0, 0"],
  ])("%s: the origin gets %s", async (given, passed) => {
    expect((await forwarded("/drop/a", options(given))).headers.get("max-forwards")).toBe(passed);
  });

  test("none: the gateway answers, with the methods of the path, and once it knows the key", async () => {
    const key = await seedKey();
    const plane = buildPlane();
    const answer = await send(plane, requestWith(key, "/drop/a", options("0")), { address: newClient() });
    expect(answer.status).toBe(204);
    expect(answer.headers.get("allow")).toBe("DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT");
    const anyone = await send(plane, new Request(`${SANDBOX}/drop/a`, options("0")), { address: newClient() });
    expect(anyone.status).toBe(401);
    expect(plane.sent).toEqual([]);
    expect(plane.lines.map((line) => JSON.parse(line).decision)).toEqual(["answered", "refused"]);
  });

  test("nothing of that holds for other methods", async () => {
    expect((await forwarded("/drop/a", options("0", "GET"))).headers.get("max-forwards")).toBe("0");
  });
});

describe("the request that the origin gets", () => {
  // A service would see it: between Workers no header is lost.
  test("has no upgrade but a WebSocket's", async () => {
    expect((await forwarded("/files/a", { headers: HANDSHAKE })).headers.get("upgrade")).toBe("websocket");
    for (const upgrade of ["h2c", "websocket, h2c", "TLS/1.0"]) {
      const { sent } = await forwarded("/files/a", { method: "POST", headers: { ...HANDSHAKE, Upgrade: upgrade } });
      expect([sent.method, sent.headers.has("upgrade")]).toEqual(["POST", false]);
    }
  });

  test("has the client's method, body and headers", async () => {
    const { sent } = await forwarded("/files/a", {
      method: "PUT",
      body: "the body",
      headers: {
        "Content-Type": "text/x",
        Cookie: "a=1",
        "If-None-Match": '"1"',
        Range: "bytes=0-1",
        "Accept-Encoding": "zstd",
      },
    });
    expect(sent.method).toBe("PUT");
    expect(await sent.text()).toBe("the body");
    expect(Object.fromEntries(sent.headers)).toMatchObject({
      "content-type": "text/x",
      cookie: "a=1",
      "if-none-match": '"1"',
      range: "bytes=0-1",
      "accept-encoding": "zstd",
    });
  });

  test.each<[what: string, init: RequestInit]>([
    ["has no body", {}],
    ["announces its length", { method: "POST", body: "x", headers: { "Content-Length": "1" } }],
    ["is streamed", { method: "POST", body: new Response("x").body }],
  ])("has what the edge knows of the client, if it %s", async (_, init) => {
    const cf = { country: "FR", httpProtocol: "HTTP/2" } as RequestInitCfProperties;
    expect((await forwarded("/files/a", { ...init, cf })).sent.cf).toMatchObject({ country: "FR" });
  });

  test("tells who it is from, of a key that reaches the organization", async () => {
    const { key, headers } = await forwarded("/files/a");
    expect(Object.fromEntries([...headers].filter(([name]) => name.startsWith("keygate-")))).toEqual({
      "keygate-assertion": expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]{86}$/),
      "keygate-environment": "sandbox",
      "keygate-key-id": key.id,
      "keygate-organization-id": key.organizationId,
      "keygate-reach": "organization",
      "keygate-member-id": key.memberId,
      "keygate-role": "owner",
    });
  });

  test("tells the workspaces of a key that reaches no more, as far as its member still has them", async () => {
    const { key, headers } = await forwarded("/files/a", {}, { reach: "workspace" });
    expect(headers.get("Keygate-Workspace-Ids")).toBe(key.workspaceIds[0]);
    const without = await forwarded(
      "/files/a",
      {},
      { reach: "workspace", role: "member", memberWorkspaces: 0, scopes: ["folders:read"] },
    );
    expect(without.headers.get("Keygate-Workspace-Ids")).toBe("");
  });

  test("holds no credential, unless the route says so", async () => {
    expect((await forwarded("/files/a")).headers.has("Authorization")).toBe(false);
    const { key, headers } = await forwarded("/relay");
    expect(headers.get("Authorization")).toBe(`Bearer ${key.secret}`);
  });

  test("says nothing that the client forged", async () => {
    const forged = [
      "Keygate-Role",
      "KEYGATE_ROLE",
      "x-keygate-role",
      "Keygate-Assertion",
      "X-Forwarded-User",
      "X-Original-URL",
      "X-Request-Id",
    ];
    const { headers } = await forwarded("/files/a", {
      headers: [...forged, "X-Hop", "Forwarded", "X-Forwarded-For", "Via"]
        .map((name): [string, string] => [name, "forged"])
        .concat([["Connection", "X-Hop"]]),
    });
    const left = [...headers].filter(([, value]) => value.includes("forged")).map(([name]) => name);
    // Via is a list to which each hop adds itself.
    expect(left).toEqual(["via"]);
    expect(headers.get("Via")).toBe("forged, 1.1 keygate");
    expect(headers.get("Keygate-Role")).toBe("owner");
  });

  test.each([
    ["192.0.2.7", 'for=192.0.2.7;host="sandbox.test";proto=https', "192.0.2.7"],
    ["2001:db8::7", 'for="[2001:db8::7]";host="sandbox.test";proto=https', "2001:db8::7"],
    ["", 'for=unknown;host="sandbox.test";proto=https', null],
  ])("tells where it came from (%s)", async (address, expected, client) => {
    const { headers, response } = await forwarded("/files/a", {}, {}, address);
    expect(headers.get("Forwarded")).toBe(expected);
    expect(headers.get("X-Forwarded-For")).toBe(client);
    expect(headers.get("X-Forwarded-Host")).toBe("sandbox.test");
    expect(headers.get("X-Forwarded-Proto")).toBe("https");
    expect(headers.get("X-Forwarded-Prefix")).toBe("/v1");
    expect(headers.get("X-Request-Id")).toBe(response.headers.get("X-Request-Id"));
  });

  test("continues the client's trace, or begins one", async () => {
    const trace = "0af7651916cd43dd8448eb211c80319c";
    const { headers } = await forwarded("/files/a", { headers: { traceparent: `00-${trace}-b7ad6b7169203331-01` } });
    expect(headers.get("traceparent")).toMatch(new RegExp(`^00-${trace}-(?!b7ad6b7169203331)[0-9a-f]{16}-01$`));
    for (const given of ["nonsense", `00-${"0".repeat(32)}-b7ad6b7169203331-01`, `ff-${trace}-b7ad6b7169203331-01`]) {
      const begun = await forwarded("/files/a", { headers: { traceparent: given } });
      expect(begun.headers.get("traceparent")).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
      expect(begun.headers.get("traceparent")).not.toContain(trace);
    }
  });

  test("of a public route is from nobody", async () => {
    const plane = buildPlane();
    await send(plane, new Request(`${SANDBOX}/status`, { headers: { "Keygate-Key-Id": "forged" } }));
    const identity = [...(plane.sent[0]?.headers ?? [])].filter(([name]) => name.startsWith("keygate-"));
    expect(identity).toEqual([["keygate-environment", "sandbox"]]);
  });

  test("ends when the client leaves", async () => {
    const key = await seedKey();
    const leaving = new AbortController();
    const reached = Promise.withResolvers<AbortSignal>();
    const originFetch: PlaneOptions["originFetch"] = (_, { signal }) => {
      reached.resolve(signal);
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    };
    const request = requestWith(key, "/files/a", { signal: leaving.signal });
    const answer = send(buildPlane({ originFetch }), request, { address: newClient() });
    const signal = await reached.promise;
    expect(signal.aborted).toBe(false);
    leaving.abort();
    expect(signal.aborted).toBe(true);
    await answer;
  });
});

describe("the answer that the client gets", () => {
  test.each([200, 204, 206, 301, 304, 400, 401, 404, 500, 503, 599])(
    "has the origin's status %i as it is",
    async (status) => {
      const response = await answered(new Response(null, { status, headers: { "X-Origin": "1" } }));
      expect([response.status, response.headers.get("X-Origin")]).toEqual([status, "1"]);
    },
  );

  test("has the origin's body and headers, several cookies among them", async () => {
    const headers = new Headers({ ETag: 'W/"1"', Location: "/elsewhere", "WWW-Authenticate": "Basic", Vary: "Accept" });
    headers.append("Set-Cookie", "a=1; Path=/");
    headers.append("Set-Cookie", "b=2; Expires=Wed, 01 Jan 2031 00:00:00 GMT");
    const response = await answered(new Response("the answer", { headers }));
    expect(await response.text()).toBe("the answer");
    expect(response.headers.getSetCookie()).toEqual(["a=1; Path=/", "b=2; Expires=Wed, 01 Jan 2031 00:00:00 GMT"]);
    for (const name of ["ETag", "Location", "WWW-Authenticate", "Vary"])
      expect(response.headers.get(name)).toBe(headers.get(name));
  });

  test.each([
    ["/moved/a", "https://origin-sandbox.test/base/moved/b", "https://sandbox.test/v1/moved/b"],
    ["/moved/a", "http://sandbox.test/base/moved/b", "https://sandbox.test/v1/moved/b"],
    ["/moved/a", "/base/moved/b", "/v1/moved/b"],
    ["/moved/a", "/moved/b", null],
    ["/bound/a", "https://sandbox.test/bound/b", "https://sandbox.test/v1/bound/b"],
    ["/bound/a", "/bound/b", "/v1/bound/b"],
    ["/bound/a", "/v1/bound/b", "/v1/bound/b"],
    ["/bound/a", "b", "b"],
    ["/bound/raw/a", "/bound/b", "/bound/b"],
    ["/files/a", "https://origin-sandbox.test/base/b", "https://origin-sandbox.test/base/b"],
  ])("to %s has the origin's address %s as %s", async (path, address, expected) => {
    const headers = { Location: address, "Content-Location": address };
    const response = await answered(new Response("", { status: 201, headers }), { path });
    expect([response.headers.get("Location"), response.headers.get("Content-Location")]).toEqual([expected, expected]);
  });

  test("cannot claim what the gateway alone says", async () => {
    const headers = {
      "Keygate-Key-Expires": "now",
      RateLimit: "forged",
      "RateLimit-Policy": "forged",
      "X-Request-Id": "forged",
    };
    const response = await answered(new Response("", { headers }));
    expect(response.headers.has("Keygate-Key-Expires")).toBe(false);
    expect(response.headers.has("RateLimit")).toBe(false);
    expect(response.headers.get("X-Request-Id")).toMatch(/^req_/);
  });

  test("is passed on while it comes", async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const response = await answered(new Response(readable));
    const reader = response.body?.getReader();
    void writer.write(new Uint8Array([1]));
    expect((await reader?.read())?.value).toEqual(new Uint8Array([1]));
    void writer.write(new Uint8Array([2]));
    expect((await reader?.read())?.value).toEqual(new Uint8Array([2]));
    void writer.close();
    expect((await reader?.read())?.done).toBe(true);
  });

  test("may be a WebSocket", async () => {
    const { 0: client, 1: server } = new WebSocketPair();
    server.accept();
    const response = await answered(new Response(null, { status: 101, webSocket: client }), {
      request: { headers: HANDSHAKE },
    });
    expect(response.status).toBe(101);
    const received = new Promise((resolve) => server.addEventListener("message", ({ data }) => resolve(data)));
    response.webSocket?.accept();
    response.webSocket?.send("hello");
    expect(await received).toBe("hello");
    server.close();
  });

  test.each([
    ["30 days and more", 30 * 86_400_000, false],
    ["less than 30 days", 30 * 86_400_000 - 1, true],
    ["a second", 1_000, true],
  ])("tells of the key's end where that is %s away: %o ms", async (_, left, told) => {
    const now = Date.UTC(2030, 0);
    const expiresAt = now + left;
    const response = await answered(new Response(""), { seed: { expiresAt }, now: () => now });
    expect(response.headers.get("Keygate-Key-Expires")).toBe(told ? new Date(expiresAt).toISOString() : null);
  });

  test("tells every limit of the key, and what is left of the one nearest to its end", async () => {
    const limits = {
      rates: [{ name: "minute", limit: 5, window: 60 }],
      quotas: [{ name: "day", limit: 100, per: "day" as const }],
    };
    const response = await answered(new Response(""), { seed: { limits } });
    expect(response.headers.get("RateLimit-Policy")).toBe('"minute";q=5;w=60, "day";q=100;w=86400');
    expect(response.headers.get("RateLimit")).toMatch(/^"minute";r=4;t=\d+$/);
    const nearQuota = await answered(new Response(""), {
      seed: { limits: { ...limits, quotas: [{ name: "day", limit: 2, per: "day" }] } },
    });
    expect(nearQuota.headers.get("RateLimit")).toMatch(/^"day";r=1;t=\d+$/);
  });

  test("of a key without limits tells of none", async () => {
    const response = await answered(new Response(""));
    expect([response.headers.has("RateLimit"), response.headers.has("RateLimit-Policy")]).toEqual([false, false]);
  });
});
