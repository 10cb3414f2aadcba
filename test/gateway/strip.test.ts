import { describe, expect, test } from "vitest";
import { isReserved } from "../../src/domain/header-names.ts";
import { strip, stripResponse } from "../../src/gateway/strip.ts";

/** The names that are left of `given`. */
function left(given: [name: string, value: string][]): string[] {
  const headers = new Headers();
  for (const [name, value] of given) headers.append(name, value);
  strip(headers, [...headers.keys()]);
  return [...headers.keys()];
}

const IDENTITY = [
  "Key-Id",
  "Organization-Id",
  "Reach",
  "Workspace-Ids",
  "Environment",
  "Member-Id",
  "Role",
  "Assertion",
  "Anything",
];
const spellings = IDENTITY.flatMap((name) => {
  const plain = `Keygate-${name}`;
  return [plain, `X-${plain}`].flatMap((full) => [
    full,
    full.toLowerCase(),
    full.toUpperCase(),
    full.replaceAll("-", "_"),
    full.replace("-", "_"),
    full.replace(/-([^-]*)$/, "_$1"),
  ]);
});

const hopByHop = [
  "Connection",
  "Keep-Alive",
  "Proxy-Connection",
  "TE",
  "Trailer",
  "Transfer-Encoding",
  "HTTP2-Settings",
  "Proxy-Authorization",
  "Proxy-Authenticate",
  "Expect",
];

const forged = [
  "Forwarded",
  "X-Forwarded-For",
  "X-Forwarded-Host",
  "X-Forwarded-Port",
  "X-Forwarded-Prefix",
  "X-Forwarded-Proto",
  "X-Forwarded-Scheme",
  "X-Forwarded-Ssl",
  "X-Forwarded-Uri",
  "X-Forwarded-Server",
  "X-Forwarded-User",
  "X-Forwarded-Email",
  "X-Forwarded-Client-Cert",
  "X-Real-IP",
  "X-Request-Id",
  "X-Original-URL",
  "X-Rewrite-URL",
  "X-HTTP-Method",
  "X-HTTP-Method-Override",
  "X-Method-Override",
  "Cloudflare-Workers-Version-Overrides",
  "X-Middleware-Subrequest",
].flatMap((name) => [name, name.toUpperCase(), name.replaceAll("-", "_"), name.replace(/-([^-]*)$/, "_$1")]);

const kept = [
  "Cookie",
  "User-Agent",
  "Accept",
  "Accept-Encoding",
  "Accept-Language",
  "Content-Type",
  "Content-Length",
  "Content-Encoding",
  "Content-Digest",
  "If-Match",
  "If-None-Match",
  "If-Modified-Since",
  "If-Unmodified-Since",
  "If-Range",
  "Range",
  "Authorization",
  "Origin",
  "Referer",
  "Idempotency-Key",
  "Cache-Control",
  "Traceparent",
  "Tracestate",
  "Upgrade",
  "Sec-WebSocket-Key",
  "Sec-WebSocket-Protocol",
  "X-Custom",
  "X_Custom",
  "Via",
  "My-Keygate-Key-Id",
  "Keygates",
  "X-Forwarded",
  "Proxy",
];

describe("the headers of a request, as far as an origin may see them", () => {
  test.each([...new Set(spellings)])("%s, of the identity namespace, is taken away", (name) => {
    expect(left([[name, "forged"]])).toEqual([]);
  });

  test.each(hopByHop)("%s, which is between the client and the gateway, is taken away", (name) => {
    expect(left([[name, "value"]])).toEqual([]);
  });

  test.each([...new Set(forged)])("%s, which a client could forge, is taken away", (name) => {
    expect(left([[name, "forged"]])).toEqual([]);
  });

  test.each(kept)("%s stays as it is", (name) => {
    const headers = new Headers([[name, "value"]]);
    strip(headers, [...headers.keys()]);
    expect(headers.get(name)).toBe("value");
  });

  test("every one of several headers of a reserved name is taken away", () => {
    expect(
      left([
        ["Keygate-Role", "owner"],
        ["keygate-role", "admin"],
        ["KEYGATE_ROLE", "owner"],
        ["X-Keygate_Role", "owner"],
        ["Accept", "*/*"],
      ]),
    ).toEqual(["accept"]);
  });

  test("what Connection names is taken away, in any case and place of its list", () => {
    expect(
      left([
        ["Connection", "close, X-One ,x-TWO"],
        ["Connection", "X-Three"],
        ["X-One", "1"],
        ["X-Two", "2"],
        ["x-three", "3"],
        ["X-Four", "4"],
      ]),
    ).toEqual(["x-four"]);
  });

  test("a Connection header does not save a reserved header by naming it, nor take away the upgrade of a WebSocket", () => {
    expect(
      left([
        ["Connection", "Upgrade, Keygate-Role"],
        ["Upgrade", "websocket"],
        ["Keygate-Role", "owner"],
      ]),
    ).toEqual(["upgrade"]);
  });

  test("a Connection header with nothing in it takes nothing away", () => {
    expect(
      left([
        ["Connection", ", ,"],
        ["Accept", "*/*"],
      ]),
    ).toEqual(["accept"]);
  });

  test("one character between words is enough to tell a name from a reserved one", () => {
    expect(isReserved("keygate-role")).toBe(true);
    expect(isReserved("Keygate.Role")).toBe(true);
    expect(isReserved("true-client-ip")).toBe(true);
    expect(isReserved("keygaterole")).toBe(false);
  });
});

describe("the headers of a response, as far as a client may see them", () => {
  test("identity, rate limits of the origin's own and proxy challenges are taken away, the rest stays", () => {
    const headers = new Headers({
      "Keygate-Key-Expires": "never",
      RateLimit: '"x";r=1',
      "RateLimit-Policy": '"x";q=1',
      "Proxy-Authenticate": "Basic",
      ETag: '"1"',
      "Content-Encoding": "br",
      "WWW-Authenticate": "Basic",
    });
    headers.append("Set-Cookie", "a=1");
    headers.append("Set-Cookie", "b=2");
    stripResponse(headers);
    expect([...new Set(headers.keys())]).toEqual(["content-encoding", "etag", "set-cookie", "www-authenticate"]);
    expect(headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  });
});
