import { createHash, randomBytes } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { verifyNodeRequest } from "../../src/origin/node.ts";
import type { SeenRequest } from "../helpers/origin.ts";
import { headerOf, rawRequest, sendRaw } from "../helpers/raw.ts";
import { bearing, type Key, seed } from "../helpers/seed.ts";
import { BOTH, origins } from "./shared.ts";

const origin = origins();
const sha256 = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest("hex");

describe.for(BOTH)("A request and its answer go through unchanged: $server", ({ gateway }) => {
  let key: Key;
  beforeAll(async () => {
    key = await (await seed(gateway)).key();
  });

  const ask = (path: string, { headers, ...init }: RequestInit = {}) =>
    fetch(`${gateway.base("sandbox")}${path}`, {
      redirect: "manual",
      ...init,
      headers: { ...bearing(key), ...(headers as Record<string, string>) },
    });
  const seen = () => origin.sandbox.seen[0] as SeenRequest;

  test.for(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "QUERY"])(
    "the method %s",
    async (method) => {
      expect((await ask("/signatures/1", { method })).status).toBe(200);
      expect(seen().method).toBe(method);
    },
  );

  test.for([
    "?a=1&a=2&b=%20+%2F&c&=d",
    "?filter[name]=x&sort=-created",
    "?q=%C3%A9&next=https%3A%2F%2Fexample.test%2F%3Fa%3Db",
    "?",
    "",
  ])("the query %j", async (query) => {
    const lines = [["Host", `127.0.0.1:${gateway.port}`], ...Object.entries(bearing(key))] as [string, string][];
    const response = await sendRaw(gateway.port, rawRequest("GET", `/sandbox/signatures/1${query}`, lines));
    expect(response?.status).toBe(200);
    expect(seen().url).toBe(`/base/signatures/1${query}`);
    expect((await verifyNodeRequest(seen(), { issuer: gateway.base("sandbox"), audience: "main" })).keyId).toBe(key.id);
  });

  test("a body of a megabyte of any bytes, in both directions", async () => {
    const [upload, download] = [randomBytes(1_000_000), randomBytes(1_000_000)];
    let got = "";
    origin.sandbox.answer(async (request, response) => {
      got = sha256(Buffer.concat(await request.toArray()));
      response.end(download);
    });
    const headers = { "Content-Type": "application/octet-stream" };
    const response = await ask("/signatures/1", { method: "POST", body: upload, headers });
    expect(got).toBe(sha256(upload));
    expect(sha256(await response.bytes())).toBe(sha256(download));
    expect(seen().headers).toMatchObject({ "content-type": "application/octet-stream", "content-length": "1000000" });
  });

  test("headers of the client's own, but not its credentials", async () => {
    const own = { Cookie: "a=b; c=d", "X-Custom": "1", Accept: "text/csv", "If-None-Match": '"x"', Range: "bytes=0-1" };
    await ask("/signatures/1", { headers: own });
    expect(seen().headers).toMatchObject(
      Object.fromEntries(Object.entries(own).map(([name, value]) => [name.toLowerCase(), value])),
    );
    expect(JSON.stringify(seen())).not.toContain(key.secret);
    expect(seen().headers.authorization).toBeUndefined();
  });

  test.for([200, 201, 202, 206, 400, 401, 404, 409, 418, 429, 500, 502, 503])(
    "the status %d of the origin",
    async (status) => {
      origin.sandbox.answer((_, response) =>
        response.writeHead(status, { "Retry-After": "7" }).end("the origin's own"),
      );
      const response = await ask("/signatures/1");
      expect([response.status, await response.text()]).toEqual([status, "the origin's own"]);
      expect(response.headers.get("retry-after")).toBe("7");
    },
  );

  test.for([204, 304])("%d, which has no body", async (status) => {
    origin.sandbox.answer((_, response) => response.writeHead(status, { ETag: '"x"' }).end());
    const response = await ask("/signatures/1");
    expect([response.status, await response.text(), response.headers.get("etag")]).toEqual([status, "", '"x"']);
  });

  const redirects = [301, 302, 303, 307, 308];
  const asked = ["/signatures/1", "/hooked/rebuilt"].flatMap((path) => redirects.map((status) => ({ status, path })));
  test.for(asked)("a redirect ($status of $path), which is the client's to follow", async ({ status, path }) => {
    const headers = { Location: "https://elsewhere.test/x", "Set-Cookie": "a=b" };
    origin.sandbox.answer((_, response) => response.writeHead(status, headers).end());
    const response = await ask(path);
    expect(response.status).toBe(status);
    expect(response.headers.get("location")).toBe("https://elsewhere.test/x");
    expect(response.headers.getSetCookie()).toEqual(["a=b"]);
    expect(origin.sandbox.seen.length).toBe(1);
  });

  test("several Set-Cookie, each a line of its own and in order", async () => {
    const cookies = ["a=1; Path=/", "b=2; Expires=Wed, 21 Oct 2027 07:28:00 GMT", "a=3"];
    origin.sandbox.answer((_, response) => response.writeHead(200, { "Set-Cookie": cookies }).end());
    expect((await ask("/signatures/1")).headers.getSetCookie()).toEqual(cookies);
  });

  test("the answer to HEAD: the headers of a GET, and no body", async () => {
    origin.sandbox.answer((_, response) => response.writeHead(200, { "Content-Length": "1234", ETag: '"x"' }).end());
    const response = await ask("/signatures/1", { method: "HEAD" });
    expect(seen().method).toBe("HEAD");
    expect([response.status, response.headers.get("content-length"), response.headers.get("etag")]).toEqual([
      200,
      "1234",
      '"x"',
    ]);
    expect(await response.text()).toBe("");
  });

  test.for([null, "", "identity", "gzip", "zstd", "gzip;q=0, identity", "gzip;q=0.5, deflate", "*;q=0.1"])(
    "the codings that the client accepts: %j",
    async (accepted) => {
      origin.sandbox.answer((request, response) => {
        const codings = request.headers["accept-encoding"] ?? "";
        if (!/gzip(?!;q=0,)/.test(codings)) return response.end("as it is");
        return response.writeHead(200, { "Content-Encoding": "gzip" }).end(gzipSync("compressed"));
      });
      const lines = [
        ["Host", `127.0.0.1:${gateway.port}`],
        ...(accepted === null ? [] : [["Accept-Encoding", accepted]]),
        ...Object.entries(bearing(key)),
      ] as [string, string][];
      const response = await sendRaw(gateway.port, rawRequest("GET", "/sandbox/signatures/1", lines));
      expect(seen().headers["accept-encoding"] ?? "").toBe(accepted ?? "");
      const isCompressed = /^gzip(?!;q=0,)/.test(accepted ?? "");
      expect(headerOf(response, "content-encoding")).toBe(isCompressed ? "gzip" : undefined);
      const body = Buffer.from(response?.body ?? "", "latin1");
      expect(`${isCompressed ? gunzipSync(body) : body}`).toBe(isCompressed ? "compressed" : "as it is");
    },
  );

  test("compressed bytes, with their ETag and length", async () => {
    const bytes = gzipSync("compress me ".repeat(1000));
    const headers = {
      "Content-Encoding": "gzip",
      "Content-Length": bytes.length,
      ETag: '"strong"',
      Vary: "Accept-Encoding",
    };
    origin.sandbox.answer((_, response) => response.writeHead(200, headers).end(bytes));
    const lines = [
      ["Host", `127.0.0.1:${gateway.port}`],
      ["Accept-Encoding", "gzip"],
      ...Object.entries(bearing(key)),
    ] as [string, string][];
    const response = await sendRaw(gateway.port, rawRequest("GET", "/sandbox/signatures/1", lines));
    expect(sha256(Buffer.from(response?.body as string, "latin1"))).toBe(sha256(bytes));
    expect(headerOf(response, "content-encoding")).toBe("gzip");
    expect(headerOf(response, "etag")).toBe('"strong"');
  });

  test("what an origin says in the gateway's own name is taken out", async () => {
    const headers = { "Keygate-Key-Expires": "x", RateLimit: "x", "RateLimit-Policy": "x", "X-Request-Id": "x" };
    origin.sandbox.answer((_, response) => response.writeHead(200, headers).end());
    const response = await ask("/signatures/1");
    for (const name of ["keygate-key-expires", "ratelimit", "ratelimit-policy"])
      expect(response.headers.get(name)).toBeNull();
    expect(response.headers.get("x-request-id")).toMatch(/^req_/);
  });

  test("an origin that cannot be reached: 502 origin_unreachable", async () => {
    const response = await ask("/nobody/1");
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ code: "origin_unreachable" });
  });

  test("an origin that hangs up without an answer: 502 origin_unreachable, and it was asked once", async () => {
    origin.sandbox.answer((request) => void request.socket.destroy());
    const response = await ask("/signatures/1", { method: "POST", body: "x" });
    expect([response.status, await response.json()]).toMatchObject([502, { code: "origin_unreachable" }]);
    expect(origin.sandbox.seen.length).toBe(1);
  });

  test("the request id is the same in the answer, in the log and at the origin, and new each time", async () => {
    const ids = [];
    for (let n = 0; n < 3; n++) {
      const response = await ask("/signatures/1");
      const id = response.headers.get("x-request-id") as string;
      expect(origin.sandbox.seen.at(-1)?.headers["x-request-id"]).toBe(id);
      expect(await gateway.logged(id)).toMatchObject({ decision: "forwarded", status: 200, key_id: key.id });
      ids.push(id);
    }
    expect(new Set(ids).size).toBe(3);
  });

  test("a refusal has one request id in its header, its body and the log", async () => {
    const response = await fetch(`${gateway.base("sandbox")}/signatures/1`);
    const id = response.headers.get("x-request-id") as string;
    expect(((await response.json()) as { request_id: string }).request_id).toBe(id);
    expect(await gateway.logged(id)).toMatchObject({ decision: "refused", reason: "credentials_missing", status: 401 });
  });

  test("a trace goes on with the gateway as the parent", async () => {
    const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    await ask("/signatures/1", { headers: { traceparent: `00-${trace}-00f067aa0ba902b7-01` } });
    expect(seen().headers.traceparent).toMatch(new RegExp(`^00-${trace}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`));
  });
});
