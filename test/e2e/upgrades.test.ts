import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { verifyNodeRequest } from "../../src/origin/node.ts";
import { codeOf, headerOf, type RawResponse, rawRequest, sendRaw } from "../helpers/raw.ts";
import { bearing, type Key, seed, type Tenant } from "../helpers/seed.ts";
import { direct, origins } from "./shared.ts";

const origin = origins();
let tenant: Tenant;
let key: Key;
beforeAll(async () => {
  tenant = await seed(direct);
  key = await tenant.key();
});

type Line = readonly [name: string, value: string];

/** All that workerd knows, but TRACE and CONNECT, which never reach an origin. */
const METHODS =
  "GET HEAD POST PUT DELETE PATCH PURGE OPTIONS COPY LOCK MKCOL MOVE PROPFIND PROPPATCH SEARCH UNLOCK ACL REPORT MKACTIVITY CHECKOUT MERGE NOTIFY SUBSCRIBE UNSUBSCRIBE QUERY".split(
    " ",
  );

/** Those of them that Node's server, the origin here, does not know. */
const STRANGE_METHODS = ["MSEARCH", "BAN"];

const PROPER: Line[] = [
  ["Sec-WebSocket-Version", "13"],
  ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
];
const UPGRADE: Line = ["Upgrade", "websocket"];

const UPGRADES: Record<string, Line[]> = {
  none: [],
  websocket: [UPGRADE],
  "upper case": [["Upgrade", "WEBSOCKET"]],
  "mixed case": [["uPGRADE", "wEbSocKet"]],
  "white space around it": [["Upgrade", "\t websocket \t"]],
  "white space in it": [["Upgrade", "web socket"]],
  "a list that begins with it": [["Upgrade", "websocket, foo"]],
  "a list that ends with it": [["Upgrade", "foo, websocket"]],
  "a list of it": [["Upgrade", "websocket, websocket"]],
  "an empty element before it": [["Upgrade", ",websocket"]],
  "an empty element behind it": [["Upgrade", "websocket,"]],
  "two lines": [UPGRADE, ["Upgrade", "foo"]],
  "two lines, turned round": [["Upgrade", "foo"], UPGRADE],
  "twice the same line": [UPGRADE, UPGRADE],
  "with a version": [["Upgrade", "websocket/13"]],
  "with a parameter": [["Upgrade", "websocket;v=13"]],
  quoted: [["Upgrade", '"websocket"']],
  h2c: [
    ["Upgrade", "h2c"],
    ["HTTP2-Settings", "AAMAAABkAAQAAP__"],
  ],
  TLS: [["Upgrade", "TLS/1.0"]],
  empty: [["Upgrade", ""]],
  "names that look like it": [
    ["Up_grade", "websocket"],
    ["Upgrade_", "websocket"],
    ["Upgrade.", "websocket"],
    ["X-Upgrade", "websocket"],
  ],
};

const BODIES = new Set(["POST", "PUT", "PATCH", "PROPFIND", "REPORT", "QUERY", "SEARCH"]);

function send(
  method: string,
  path: string,
  lines: Line[],
  body = "",
  version = "1.1",
): Promise<RawResponse | undefined> {
  const host: Line = ["Host", `127.0.0.1:${direct.port}`];
  const bytes = rawRequest(method, `/sandbox${path}`, [host, ...lines], body);
  return sendRaw(direct.port, bytes.replace("HTTP/1.1\r\n", `HTTP/${version}\r\n`));
}

const isWebSocket = (lines: readonly Line[]) =>
  lines.filter(([name]) => /^upgrade$/i.test(name)).length === 1 && /^\s*websocket\s*$/i.test(lines[0]?.[1] ?? "");

describe("What the origin sees is what was authorized, or the request is refused", () => {
  const verification = () => ({ issuer: direct.base("sandbox"), audience: "main" });

  async function check(method: string, lines: Line[], body: string, version: string, asksForWebSocket: boolean) {
    origin.sandbox.reset();
    const response = await send(method, "/signatures/1", [...Object.entries(bearing(key)), ...lines], body, version);
    const { seen } = origin.sandbox;
    if (asksForWebSocket && method !== "GET") {
      expect([response?.status, seen.length]).toEqual([400, 0]);
      if (method !== "HEAD") expect(codeOf(response)).toBe("websocket_handshake_invalid");
      return;
    }
    expect(response?.status).toBe(200);
    expect(seen.map(({ method: sent, url }) => [sent, url])).toEqual([[method, "/base/signatures/1"]]);
    expect((await verifyNodeRequest(seen[0] as never, verification())).keyId).toBe(key.id);
    expect(seen[0]?.headers.upgrade).toBe(asksForWebSocket ? "websocket" : undefined);
    expect(seen[0]?.headers["http2-settings"]).toBeUndefined();
    if (method !== "HEAD") expect(JSON.parse(response?.body ?? "")).toMatchObject({ method, body });
  }

  describe.for(METHODS)("%s", (method) => {
    const body = BODIES.has(method) ? "the body" : "";
    test.for(Object.entries(UPGRADES))(
      "with the upgrade %s, with and without Connection, by HTTP/1.1 and 1.0",
      async ([, upgrade]) => {
        for (const connection of [[], [["Connection", "Upgrade"]], [["Connection", "close, upgrade"]]] as Line[][]) {
          for (const version of ["1.1", "1.0"]) {
            await check(method, [...upgrade, ...connection, ...PROPER], body, version, isWebSocket(upgrade));
          }
        }
      },
    );
  });

  test.for(STRANGE_METHODS)("%s, which the origin cannot parse", async (method) => {
    const { server } = origin.sandbox;
    const heads: string[] = [];
    server.on("clientError", ({ rawPacket }: Error & { rawPacket?: Buffer }, socket) => {
      heads.push(`${rawPacket}`);
      socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    });
    onTestFinished(() => void server.removeAllListeners("clientError"));
    for (const upgrade of Object.values(UPGRADES)) {
      heads.length = 0;
      const lines: Line[] = [...Object.entries(bearing(key)), ["Connection", "Upgrade"], ...upgrade, ...PROPER];
      const response = await send(method, "/signatures/1", lines);
      if (isWebSocket(upgrade)) {
        expect([codeOf(response), heads, origin.sandbox.seen]).toEqual(["websocket_handshake_invalid", [], []]);
      } else {
        expect([response?.status, heads.length]).toEqual([200, 1]);
        expect(heads[0]).toMatch(new RegExp(`^${method} /base/signatures/1 HTTP/1\\.1\r\n`));
        expect(heads[0]).not.toMatch(/^upgrade:/im);
      }
    }
  });

  test("there are as many methods as workerd knows", async () => {
    const others = "BREW M-SEARCH TRACK REBIND LINK UNLINK BIND VIEW DEBUG PRI MKCALENDAR SOURCE".split(" ");
    for (const method of others) expect([method, (await send(method, "/status", []))?.status]).toEqual([method, 501]);
    for (const method of METHODS) expect([method, (await send(method, "/status", []))?.status]).toEqual([method, 200]);
  });
});

describe("A write can never become a read", () => {
  const handshake: Line[] = [["Connection", "Upgrade"], UPGRADE, ...PROPER];

  test.for(["POST", "PUT", "DELETE", "PROPFIND"])("%s, with a key that may not read", async (method) => {
    const writer = await tenant.key({ scopes: ["signatures:write", "signatures:delete"] });
    for (const version of ["1.1", "1.0"]) {
      const response = await send(
        method,
        "/signatures/1",
        [...Object.entries(bearing(writer)), ...handshake],
        "",
        version,
      );
      expect(codeOf(response)).toBe("websocket_handshake_invalid");
    }
    expect(origin.sandbox.seen).toEqual([]);
  });

  test("nor a public POST the keyed GET of the same path", async () => {
    expect((await send("POST", "/dropbox", [], "x"))?.status).toBe(200);
    origin.sandbox.reset();
    expect(codeOf(await send("POST", "/dropbox", handshake, "x"))).toBe("websocket_handshake_invalid");
    expect(codeOf(await send("POST", "/dropbox", handshake))).toBe("websocket_handshake_invalid");
    expect(codeOf(await send("GET", "/dropbox", handshake))).toBe("credentials_missing");
    expect(origin.sandbox.seen).toEqual([]);
  });

  test("nor does a hook make one of the other", async () => {
    const credentials = Object.entries(bearing(key));
    for (const path of ["/hooked/as-post", "/hooked/as-socket"]) {
      for (const lines of [[], handshake]) {
        await send("GET", path, [...credentials, ...lines]);
        await send("POST", path, [...credentials], "x");
      }
    }
    const seen = origin.sandbox.seen.map(({ method, url, headers }) => [
      method,
      url.split("/").at(-1),
      headers.upgrade,
    ]);
    expect(seen).toEqual([
      ["POST", "as-post", undefined],
      ["POST", "as-post", undefined],
      ["POST", "as-post", undefined],
      ["POST", "as-post", undefined],
      ["GET", "as-socket", undefined],
      ["POST", "as-socket", undefined],
      ["GET", "as-socket", "websocket"],
      ["POST", "as-socket", undefined],
    ]);
    const verification = { issuer: direct.base("sandbox"), audience: "main" };
    for (const each of origin.sandbox.seen) expect((await verifyNodeRequest(each, verification)).keyId).toBe(key.id);
  });

  test("and the control plane takes no upgrade for a GET", async () => {
    const lines: Line[] = [["Host", `localhost:${direct.port}`], ...handshake];
    const response = await sendRaw(direct.port, rawRequest("POST", "/v1/whoami", lines));
    expect(response?.status).toBe(401);
    expect((await sendRaw(direct.port, rawRequest("POST", "/errors", lines)))?.status).toBe(404);
  });
});

describe("A malformed handshake is refused before the origin is asked", () => {
  const [version, nonce] = PROPER as [Line, Line];
  const MALFORMED: Record<string, { lines: Line[]; detail: string; body?: string; chunked?: boolean }> = {
    "no Sec-WebSocket-Key": { lines: [version], detail: "Sec-WebSocket-Key" },
    "an empty key": { lines: [version, ["Sec-WebSocket-Key", ""]], detail: "Sec-WebSocket-Key" },
    "a short key": { lines: [version, ["Sec-WebSocket-Key", "c2hvcnQ="]], detail: "Sec-WebSocket-Key" },
    "a long key": { lines: [version, ["Sec-WebSocket-Key", `AAAA${nonce[1]}`]], detail: "Sec-WebSocket-Key" },
    "a key that is no base64": {
      lines: [version, ["Sec-WebSocket-Key", "!!!!!!!!!!!!!!!!!!!!!!=="]],
      detail: "Sec-WebSocket-Key",
    },
    "two keys": { lines: [version, nonce, nonce], detail: "Sec-WebSocket-Key" },
    "no version": { lines: [nonce], detail: "Sec-WebSocket-Version" },
    "version 8": { lines: [nonce, ["Sec-WebSocket-Version", "8"]], detail: "Sec-WebSocket-Version" },
    "version 013": { lines: [nonce, ["Sec-WebSocket-Version", "013"]], detail: "Sec-WebSocket-Version" },
    "two versions": { lines: [nonce, version, ["Sec-WebSocket-Version", "8"]], detail: "Sec-WebSocket-Version" },
    "a list of versions": { lines: [nonce, ["Sec-WebSocket-Version", "13, 8"]], detail: "Sec-WebSocket-Version" },
    "a body": { lines: [nonce, version], body: "x", detail: "body" },
    "a body in chunks": { lines: [nonce, version, ["Transfer-Encoding", "chunked"]], chunked: true, detail: "body" },
  };

  test.for(Object.entries(MALFORMED))("%s", async ([, { lines, detail, body = "", chunked }]) => {
    for (const path of ["/signatures/1", "/status"]) {
      const all: Line[] = [...Object.entries(bearing(key)), ["Connection", "Upgrade"], UPGRADE, ...lines];
      const host: Line = ["Host", `127.0.0.1:${direct.port}`];
      const head = rawRequest("GET", `/sandbox${path}`, [host, ...all], body);
      const response = await sendRaw(direct.port, chunked ? `${head}1\r\nx\r\n0\r\n\r\n` : head);
      expect([response?.status, codeOf(response)]).toEqual([400, "websocket_handshake_invalid"]);
      expect(JSON.parse(response?.body ?? "").detail).toContain(detail);
      expect(headerOf(response, "sec-websocket-version")).toBe("13");
      const id = headerOf(response, "x-request-id") as string;
      expect(await direct.logged(id)).toMatchObject({ reason: "websocket_handshake_invalid", status: 400 });
    }
    expect(origin.sandbox.seen).toEqual([]);
  });

  test("an announced length of zero is no body", async () => {
    const lines: Line[] = [...Object.entries(bearing(key)), UPGRADE, version, nonce, ["Content-Length", "0"]];
    expect((await send("GET", "/signatures/1", lines))?.status).toBe(200);
    expect(origin.sandbox.seen.map(({ method }) => method)).toEqual(["GET"]);
  });

  test("and explain says the same", async () => {
    const ask = async (method: string, headers: Record<string, string>) => {
      const url = `${direct.base("sandbox")}/signatures/1`;
      const { body } = await direct.manage("POST", "/v1/explain", { key_id: key.id, method, url, headers });
      return [body.decision.code, body.steps.find(({ check }: { check: string }) => check === "upgrade").outcome];
    };
    const proper = Object.fromEntries([UPGRADE, ...PROPER]);
    expect(await ask("GET", proper)).toEqual([null, "passed"]);
    expect(await ask("POST", proper)).toEqual(["websocket_handshake_invalid", "refused"]);
    expect(await ask("POST", { Upgrade: "h2c" })).toEqual([null, "passed"]);
    expect(await ask("GET", { ...proper, "Content-Length": "3" })).toEqual(["websocket_handshake_invalid", "refused"]);
    expect(await ask("GET", { ...proper, "Sec-WebSocket-Version": "8" })).toEqual([
      "websocket_handshake_invalid",
      "refused",
    ]);
  });
});
