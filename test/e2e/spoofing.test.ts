import { beforeAll, describe, expect, test } from "vitest";
import { memoryReplays } from "../../src/origin/index.ts";
import { verifyNodeRequest } from "../../src/origin/node.ts";
import type { SeenRequest } from "../helpers/origin.ts";
import { codeOf, headerOf, sendRaw } from "../helpers/raw.ts";
import { bearing, type Key, seed, type Tenant } from "../helpers/seed.ts";
import { BOTH, origins } from "./shared.ts";

/** Each is what a client writes among its header lines; FORGED is what it wants the origin to believe. */
const SPELLINGS: Record<string, string[]> = {
  "as it is": ["Keygate-Role: FORGED"],
  "in lower case": ["keygate-role: FORGED"],
  "in upper case": ["KEYGATE-ROLE: FORGED"],
  "in mixed case": ["kEyGaTe-oRgAnIzAtIoN-iD: FORGED"],
  "with an underscore": ["Keygate_Role: FORGED"],
  "with underscores, in upper case": ["KEYGATE_ORGANIZATION_ID: FORGED"],
  "with both": ["Keygate-Key_Id: FORGED"],
  "with X in front": ["X-Keygate-Role: FORGED"],
  "with X and underscores": ["X_Keygate_Role: FORGED"],
  "several at once": ["Keygate-Role: FORGED", "keygate_role: FORGED", "X-Keygate-Role: FORGED"],
  twice: ["Keygate-Role: FORGED", "Keygate-Role: FORGED"],
  "where the gateway says nothing": ["Keygate-Workspace-Ids: FORGED"],
  "an assertion": ["Keygate-Assertion: FORGED"],
  "an assertion, twice": ["Keygate-Assertion: FORGED", "Keygate-Assertion: FORGED"],
  "an assertion with an underscore": ["Keygate_Assertion: FORGED"],
  "an assertion with a dot": ["Keygate.Assertion: FORGED"],
  "an assertion in upper case": ["KEYGATE-ASSERTION: FORGED"],
  "an assertion with X in front": ["X-Keygate-Assertion: FORGED"],
  "an assertion, empty": ["Keygate-Assertion:"],
  "an assertion named by Connection": ["Connection: Keygate-Assertion", "Keygate-Assertion: FORGED"],
  "a list of assertions": ["Keygate-Assertion: FORGED, FORGED"],
  "a name still to come": ["Keygate-Anything: FORGED"],
  "named by Connection": ["Connection: Keygate-Role", "Keygate-Role: FORGED"],
  "named by Connection, without a value": [
    "Connection: keep-alive, Keygate-Role, Keygate-Organization-Id, X-Request-Id",
  ],
  "named by Connection, with an underscore": ["Connection: Keygate_Role", "Keygate_Role: FORGED"],
  "Proxy-Authorization": ["Proxy-Authorization: Basic FORGED"],
  "Proxy-Connection": ["Proxy-Connection: FORGED"],
  "Proxy-Keygate-Role": ["Proxy-Keygate-Role: FORGED"],
  Proxy_Authorization: ["Proxy_Authorization: FORGED"],
  Forwarded: ["Forwarded: for=FORGED;host=FORGED;proto=https"],
  "Forwarded, twice": ["Forwarded: for=FORGED", "forwarded: by=FORGED"],
  "X-Forwarded-For": ["X-Forwarded-For: FORGED", "X_Forwarded_For: FORGED"],
  "X-Forwarded-Host": ["X-Forwarded-Host: FORGED", "x_forwarded_host: FORGED"],
  "X-Forwarded-Proto": ["X-Forwarded-Proto: FORGED", "X-Forwarded-Scheme: FORGED", "X-Forwarded-Ssl: FORGED"],
  "X-Forwarded-Prefix": ["X-Forwarded-Prefix: /FORGED", "X-Forwarded-Path: /FORGED", "X-Forwarded-Uri: /FORGED"],
  "X-Forwarded-Port": ["X-Forwarded-Port: FORGED"],
  "X-Real-IP": ["X-Real-IP: FORGED", "X_Real_IP: FORGED"],
  "X-Original-URL": ["X-Original-URL: /FORGED", "X-Rewrite-URL: /FORGED", "X_Original_URL: /FORGED"],
  "X-HTTP-Method-Override": ["X-HTTP-Method-Override: FORGED", "X-HTTP-Method: FORGED", "X-Method-Override: FORGED"],
  "X-Request-Id": ["X-Request-Id: FORGED", "X_Request_Id: FORGED"],
  "x-middleware-subrequest": ["x-middleware-subrequest: FORGED"],
  Proxy: ["Proxy: http://FORGED"],
  "X-Forwarded": ["X-Forwarded: for=FORGED", "Forwarded-For: FORGED"],
  "the client's address": ["Client-IP: FORGED", "Fastly-Client-IP: FORGED", "X-Azure-ClientIP: FORGED"],
  "the client's address, as the edge says it, with underscores": ["CF_Connecting_IP: FORGED", "True_Client_IP: FORGED"],
  "the client's certificate": ["Client-Cert: :FORGED:", "SSL_CLIENT_S_DN: FORGED", "X-SSL-Client-Verify: FORGED"],
  "the user": [
    "Remote-User: FORGED",
    "Remote_User: FORGED",
    "X-Auth-Request-Email: FORGED",
    "X-Consumer-Username: FORGED",
  ],
  "the scheme": ["Front-End-Https: FORGED", "X-Url-Scheme: FORGED", "X-Scheme: FORGED"],
  "the host": ["X-Host: FORGED", "X-HTTP-Host-Override: FORGED", "X-Original-Host: FORGED"],
  "the method": ["X-Original-Method: FORGED"],
  "the path": [
    "X-Original-URI: /FORGED",
    "X-Override-URL: /FORGED",
    "X-Envoy-Original-Path: /FORGED",
    "X-Accel-Mapping: /=FORGED",
  ],
};

/** The same, where the framing is not HTTP's. */
const BROKEN: Record<string, string[]> = {
  "white space before the colon": ["Keygate-Role : FORGED"],
  "white space before the name": [" Keygate-Role: FORGED"],
  "folded lines": ["X-Harmless: a\r\n Keygate-Role: FORGED"],
  "a bare line feed": ["X-Harmless: a\nKeygate-Role: FORGED"],
  "a bare carriage return": ["X-Harmless: a\rKeygate-Role: FORGED"],
  "NUL in the name": ["Keygate-Role\0: FORGED"],
  "NUL in another value": ["X-Harmless: a\0\r\nKeygate-Role: FORGED"],
  "a byte that is no ASCII": ["Keygate-Role\xa0: FORGED"],
};

const isOurs = (name: string) =>
  /^(x-)?keygate-|^proxy-|^forwarded$|^x-forwarded-|^x-(real-ip|request-id|original-|rewrite-|http-method|method-override|middleware)/.test(
    name.toLowerCase().replaceAll("_", "-"),
  );

/** What the origin may believe, name by name. */
function believed({ headerLines }: SeenRequest): [name: string, value: string][] {
  return headerLines
    .filter(([name]) => isOurs(name))
    .map(([name, value]): [string, string] => [name.toLowerCase(), value])
    .sort();
}

const origin = origins();

describe.for(BOTH)("An origin is told who calls by the gateway alone: $server", ({ gateway }) => {
  let tenant: Tenant;
  let key: Key;
  beforeAll(async () => {
    tenant = await seed(gateway);
    key = await tenant.key();
  });

  const host = `127.0.0.1:${gateway.port}`;
  const address = "198.51.100.7";
  const client = () => ({ ...bearing(key), "CF-Connecting-IP": address });
  const identity = (requestId: string) => [
    ["forwarded", `for=${address};host="${host}";proto=http`],
    ["keygate-assertion", expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]{86}$/)],
    ["keygate-environment", "sandbox"],
    ["keygate-key-id", key.id],
    ["keygate-member-id", tenant.members.owner],
    ["keygate-organization-id", tenant.organizationId],
    ["keygate-reach", "organization"],
    ["keygate-role", "owner"],
    ["x-forwarded-for", address],
    ["x-forwarded-host", host],
    ["x-forwarded-prefix", "/sandbox"],
    ["x-forwarded-proto", "http"],
    ["x-request-id", requestId],
  ];

  async function send(lines: string[], body = "", method = "GET") {
    const own = Object.entries(client()).map(([name, value]) => `${name}: ${value}`);
    const head = [`${method} /sandbox/signatures/1 HTTP/1.1`, `Host: ${host}`, ...lines, ...own].join("\r\n");
    const response = await sendRaw(gateway.port, `${head}\r\n\r\n${body}`.replaceAll("FORGED", "forged-7"));
    const requestId = headerOf(response, "x-request-id") ?? "";
    return { status: response?.status, requestId };
  }

  /** Of whom an origin that verifies takes each request to be. */
  const verification = { issuer: gateway.base("sandbox"), audience: "main", replays: memoryReplays() };
  const principals = () =>
    Promise.all(origin.sandbox.seen.map(async (seen) => (await verifyNodeRequest(seen, verification)).keyId));

  test.for(Object.entries(SPELLINGS))("%s: the origin hears the gateway's words only, once each", async ([, lines]) => {
    const { status, requestId } = await send(lines);
    expect(status).toBe(200);
    expect(origin.sandbox.seen.map(believed)).toEqual([identity(requestId)]);
    expect(JSON.stringify(origin.sandbox.seen)).not.toContain("forged-7");
    expect(await principals()).toEqual([key.id]);
  });

  test.for(Object.entries(BROKEN))("%s: refused, or nothing of it is believed", async ([, lines]) => {
    const { status, requestId } = await send(lines);
    expect(new Set(await principals()).difference(new Set([key.id]))).toEqual(new Set());
    if (status === 200) expect(origin.sandbox.seen.map(believed)).toEqual([identity(requestId)]);
    else expect({ status, seen: origin.sandbox.seen }).toEqual({ status: 400, seen: [] });
  });

  test.for([
    "9.9.9.9;host=forged-7",
    "9.9.9.9, forged-7",
    '9.9.9.9";host="forged-7',
    "9.9.9.9:80",
    "[::1]",
    "::1%forged-7",
    "9.9.9.9/0",
    "009.9.9.9",
    "forged-7",
    `1${":1".repeat(5_000)}`,
  ])("what stands in the place of the client's address but is none reaches nobody: %s", async (told) => {
    const bound = await tenant.key({ allowed_addresses: ["9.9.9.9", "::1"] });
    const ask = (secret: string, path: string) => {
      const lines = [`Host: ${host}`, `Authorization: Bearer ${secret}`, `CF-Connecting-IP: ${told}`];
      return sendRaw(gateway.port, `GET /sandbox${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
    };
    const refused = await ask(bound.secret, "/signatures/1");
    expect([codeOf(refused), JSON.parse(refused?.body ?? "").client_address]).toEqual([
      "address_forbidden",
      "an unknown address",
    ]);
    for (const path of ["/signatures/1", "/status"]) expect((await ask(key.secret, path))?.status).toBe(200);
    for (const seen of origin.sandbox.seen) {
      expect(seen.headers.forwarded).toBe(`for=unknown;host="${host}";proto=http`);
      expect([seen.headers["x-forwarded-for"], seen.headers["cf-connecting-ip"]]).toEqual([undefined, undefined]);
      expect(JSON.stringify(seen)).not.toContain("forged-7");
    }
    expect(gateway.output()).not.toContain("forged-7");
  });

  const CHUNK = "5\r\nhello\r\n0\r\n";
  const SECOND = "GET /base/signatures/2 HTTP/1.1\r\nHost: x\r\nKeygate-Role: FORGED\r\n\r\n";

  test.for([
    {
      name: "in a trailer",
      lines: ["Transfer-Encoding: chunked", "Trailer: Keygate-Role"],
      body: `${CHUNK}Keygate-Role: FORGED\r\n\r\n`,
    },
    {
      name: "behind both lengths",
      lines: ["Content-Length: 5", "Transfer-Encoding: chunked"],
      body: `0\r\n\r\n${SECOND}`,
    },
    {
      name: "behind both lengths, turned round",
      lines: ["Transfer-Encoding: chunked", "Content-Length: 5"],
      body: `0\r\n\r\n${SECOND}`,
    },
    {
      name: "behind a disguised coding",
      lines: ["Transfer-Encoding: xchunked", "Content-Length: 5"],
      body: `hello${SECOND}`,
    },
    {
      name: "behind a coding with a space",
      lines: ["Transfer-Encoding : chunked", "Content-Length: 5"],
      body: `hello${SECOND}`,
    },
    { name: "behind two lengths", lines: ["Content-Length: 5", "Content-Length: 70"], body: `hello${SECOND}` },
    { name: "behind a signed length", lines: ["Content-Length: +5"], body: `hello${SECOND}` },
    {
      name: "behind a chunk with an extension",
      lines: ["Transfer-Encoding: chunked"],
      body: `5;x=\n\r\nhello\r\n0\r\n\r\n${SECOND}`,
    },
  ])("$name: nothing is smuggled past", async ({ lines, body }) => {
    await send(lines, body, "POST");
    expect(new Set(await principals()).difference(new Set([key.id]))).toEqual(new Set());
    for (const seen of origin.sandbox.seen) {
      expect(seen.url).toBe("/base/signatures/1");
      expect(believed(seen).map(([name]) => name)).toEqual(identity("").map(([name]) => name));
      expect(JSON.stringify(seen.headerLines)).not.toContain("forged-7");
    }
  });

  test("a public route tells the origin of nobody, whatever the client says", async () => {
    await fetch(`${gateway.base("sandbox")}/status`, { headers: { ...client(), "Keygate-Role": "owner" } });
    // A request that broke off in the test before can come this late.
    const [seen, ...more] = origin.sandbox.seen.filter(({ url }) => url === "/base/status") as [SeenRequest];
    expect(more).toEqual([]);
    expect(believed(seen).filter(([name]) => name.startsWith("keygate-"))).toEqual([
      ["keygate-environment", "sandbox"],
    ]);
    expect(seen.headers.authorization).toBeUndefined();
  });
});
