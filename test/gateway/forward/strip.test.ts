import { describe, expect, test } from "vitest";
import { isForgeable, isReserved } from "../../../src/domain/header-names.ts";
import { strip, stripResponse } from "../../../src/gateway/forward/strip.ts";

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
  // Who the client is.
  ..."X-Forwarded Forwarded-For X-Forward-For X-Original-Forwarded-For Z-Forwarded-For X-Forwarded-Host-Original".split(
    " ",
  ),
  ..."Client-IP X-Client-IP X-ClientIP X-Cluster-Client-IP True-Client-IP Fastly-Client-IP Fly-Client-IP X-Originating-IP".split(
    " ",
  ),
  ..."DO-Connecting-IP X-NF-Client-Connection-IP EO-Connecting-IP Ali-CDN-Real-IP X-Sucuri-ClientIP Incap-Client-IP".split(
    " ",
  ),
  ..."X-Azure-ClientIP X-Azure-SocketIP X-Azure-FDID X-Appengine-User-IP X-ProxyUser-Ip WL-Proxy-Client-IP Proxy-Client-IP".split(
    " ",
  ),
  ..."X-Vercel-Forwarded-For Fly-Forwarded-Proto X-Remote-IP X-Remote-Addr Remote-Addr X-Envoy-External-Address".split(
    " ",
  ),
  ..."CloudFront-Viewer-Address X-Custom-IP-Authorization X-Client-Port X-Real-Port HTTP-X-Forwarded-For".split(" "),
  // Its certificate, and its user.
  ..."Client-Cert Client-Cert-Chain X-Client-Cert X-SSL-Client-Verify Ssl-Client-Cert SSL-Client-S-DN X-ARR-ClientCert".split(
    " ",
  ),
  ..."Remote-User X-Remote-User Remote-Groups Remote-Email X-Auth-Request-User X-Auth-Request-Email X-Webauth-User".split(
    " ",
  ),
  ..."X-Authentik-Username X-Goog-Authenticated-User-Email X-MS-Client-Principal X-MS-Client-Principal-Name".split(" "),
  ..."X-Amzn-Oidc-Identity X-Consumer-Username X-Consumer-ID X-Authenticated-Userid X-Credential-Identifier".split(" "),
  ..."Tailscale-User-Login CF-Access-Authenticated-User-Email OIDC-Claim-Sub SM-User IV-User Oam-Remote-User".split(
    " ",
  ),
  // How it came, and which request it is.
  ..."X-Host X-HTTP-Host-Override X-Original-Host X-Scheme X-Url-Scheme X-Proto Front-End-Https X-ARR-SSL X-HTTPS".split(
    " ",
  ),
  ..."X-Original-URI X-Original-Method X-Original-Path X-Original-Proto X-Override-URL X-Proxy-URL X-HTTP-DestinationURL".split(
    " ",
  ),
  ..."X-Script-Name X-Request-URI X-Matched-Path X-Invoke-Path X-Envoy-Original-Path X-Accel-Mapping X-Sendfile-Type".split(
    " ",
  ),
  "CloudFront-Forwarded-Proto",
  ..."Method-Override HTTP-Method-Override X-HTTP-Verb X-HTTP-Verb-Override X-Verb-Override X-DestinationURL".split(
    " ",
  ),
  ..."OIDC-Access-Token OIDC-Id-Token X-Remote-Extra-Scopes X-Auth-CouchDB-UserName X-Auth-CouchDB-Roles".split(" "),
  ..."Osso-User-Dn Mellon-Name-Id X-Credential-Username X-ProxyScheme X-ProxyHost X-ProxyContextPath".split(" "),
  ..."X-ProxiedEntitiesChain X-Original-For $WSRA $WSRU $WSSC $WSSN $WSSP $WSIS $WSPR $WSCC $WSAT".split(" "),
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
  // Forwarded by convention, or as mandated, by clients themselves.
  ..."Client-Id X-Client-Id X-Client-Version X-Client-Info X-User-Id X-Tenant-Id X-Api-Key X-Auth-Token X-Auth-User X-Auth-Key".split(
    " ",
  ),
  ..."X-Requested-With X-CSRF-Token X-XSRF-Token X-Correlation-Id X-B3-TraceId X-Amzn-Trace-Id X-Cloud-Trace-Context baggage".split(
    " ",
  ),
  ..."X-Amz-Date X-Amz-Content-Sha256 X-Ms-Version X-Ms-Blob-Type X-Goog-Api-Client X-Goog-User-Project X-Stainless-Lang".split(
    " ",
  ),
  ..."PSU-IP-Address X-FAPI-Customer-IP-Address X-FAPI-Interaction-ID X-Device-IP X-User-Agent X-Grpc-Web DPoP Signature".split(
    " ",
  ),
  ..."Tus-Resumable Upload-Offset Depth Overwrite Lock-Token SOAPAction HX-Request RSC X-Nextjs-Data X-Inertia Early-Data".split(
    " ",
  ),
  ..."CF-Ray CF-IPCountry CF-Visitor CF-Access-Client-Id CF-Access-Jwt-Assertion CDN-Loop Fastly-Key Max-Forwards".split(
    " ",
  ),
  ..."X-Hub-Signature X-Real-Time X-Realm X-Arrow X-Source X-Schema X-Url X-Path X-Original-Filename X-Http-Version X-Remote".split(
    " ",
  ),
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

  test.each(["Proxy", "PROXY", "proxy"])(
    "%s, which some libraries take for the proxy that they are to use, is taken away",
    (name) => {
      expect(left([[name, "http://evil.test"]])).toEqual([]);
    },
  );

  test.each(["CF_Connecting_IP", "cf.connecting.ip", "CF-Connecting_IP", "Content_Length"])(
    "%s, which the edge or the runtime says under another spelling, is taken away",
    (name) => {
      expect(left([[name, "1"]])).toEqual([]);
    },
  );

  test("a name of many KB is looked at no further than servers know names", () => {
    expect(isForgeable(`keygate-${"a".repeat(60_000)}`)).toBe(true);
    expect(isForgeable(`X-${"_".repeat(60_000)}`)).toBe(false);
  });

  test("more names than are remembered are told apart all the same", () => {
    for (let n = 0; n < 3_000; n++)
      expect([isForgeable(`x-own-${n}`), isForgeable(`keygate-${n}`)]).toEqual([false, true]);
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
    expect(isReserved("x-real-ip")).toBe(false);
    expect(isForgeable("true-client-ip")).toBe(true);
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
