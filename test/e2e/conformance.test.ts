import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { SeenRequest } from "../helpers/origin.ts";
import { codeOf, headerOf, rawRequest, sendRaw } from "../helpers/raw.ts";
import { bearing, type Key, seed } from "../helpers/seed.ts";
import { CASES, type ConformanceCase } from "./conformance-cases.ts";
import { comparable, OF_ANSWERS, OF_REQUESTS } from "./differences.ts";
import { direct, origins } from "./shared.ts";

const origin = origins();
let key: Key;
beforeAll(async () => {
  key = await (await seed(direct)).key();
});
const originPort = () => Number(new URL(origin.sandbox.url).port);
/** Through the gateway too the origin is called by its own name. */
const host = (port: number) => ["Host", `127.0.0.1:${port}`] as const;

async function exchange(port: number, prefix: string, own: Record<string, string>, each: ConformanceCase) {
  const { method = "GET", query = "", headers = [], body = "", answer } = each;
  origin.sandbox.reset();
  if (answer) origin.sandbox.answer(answer);
  const lines = [host(port), ...Object.entries(own), ...headers];
  const response = await sendRaw(port, rawRequest(method, `${prefix}/signatures/1${query}`, lines, body));
  const seen = origin.sandbox.seen[0] as SeenRequest;
  return {
    asked: {
      count: origin.sandbox.seen.length,
      method: seen.method,
      url: seen.url,
      headers: comparable(seen.headerLines, OF_REQUESTS),
    },
    answered: {
      status: response?.status,
      headers: comparable(response?.headers ?? [], OF_ANSWERS),
      // What came is told in the answer's body, if nothing else is said.
      body: answer ? response?.body : JSON.parse(response?.body || "{}").body,
    },
  };
}

describe("Through the gateway it is as without it", () => {
  test.for(CASES)("$name", async (each) => {
    const isEcho = !each.answer;
    const straight = await exchange(originPort(), "/base", {}, each);
    const through = await exchange(direct.port, "/sandbox", bearing(key), each);
    // The echo tells headers, so its length differs.
    const sized = (headers: string[]) => headers.filter((line) => !(isEcho && line.startsWith("content-length")));
    expect(through.asked).toEqual(straight.asked);
    expect({ ...through.answered, headers: sized(through.answered.headers) }).toEqual({
      ...straight.answered,
      headers: sized(straight.answered.headers),
    });
  });

  test("there are enough cases", () => {
    expect(CASES.length).toBeGreaterThan(150);
  });
});

/** What servers and scripts put into cookies, whether RFC 6265 has it or not: commas, quotes, blanks, JSON. */
const cookies = fc
  .array(
    fc.tuple(fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}$/), fc.stringMatching(/^[ -:<-~\xa1-\xff]{0,30}$/)),
    {
      minLength: 1,
      maxLength: 6,
    },
  )
  .map((pairs) => pairs.map(([name, value]) => `${name}=${value}`).join("; "))
  // White space at the end of a line is not part of its value.
  .map((line) => line.trim());

describe("A Cookie line arrives as it was sent", () => {
  const arrived = async (line: string) => {
    origin.sandbox.reset();
    const lines = [host(direct.port), ...Object.entries(bearing(key)), ["Cookie", line] as const];
    await sendRaw(direct.port, rawRequest("GET", "/sandbox/signatures/1", lines));
    return origin.sandbox.seen[0]?.headerLines.filter(([name]) => /^cookie$/i.test(name));
  };

  test.for([
    `b="x, y=z"; prefs=p=1, q=2`,
    "a=1, b=2",
    "a=1,b=2;c=3",
    `cart={"items":[1, 2], "next"="a, b=c"}`,
    "a=; =b; ; c",
    "expires=Wed, 21 Oct 2027 07:28:00 GMT",
  ])("%s", async (line) => {
    expect(await arrived(line)).toEqual([["Cookie", line]]);
  });

  test("whatever is in it", async () => {
    const check = async (line: string) => {
      expect(await arrived(line)).toEqual([["Cookie", line]]);
    };
    await fc.assert(fc.asyncProperty(cookies, check), { numRuns: 100 });
  });
});

describe("What differs, and how", () => {
  const send = (method: string, headers: [string, string][], path = "/signatures/1", body = "") =>
    sendRaw(
      direct.port,
      rawRequest(method, `/sandbox${path}`, [host(direct.port), ...Object.entries(bearing(key)), ...headers], body),
    );
  const seen = () => origin.sandbox.seen[0] as SeenRequest;

  // https://www.rfc-editor.org/rfc/rfc6265#section-5.4: no client sends two.
  test("two Cookie lines become one, joined by workerd with a comma", async () => {
    await send("GET", [
      ["Cookie", "a=1; b=2"],
      ["Cookie", "c=3"],
    ]);
    expect(seen().headerLines.filter(([name]) => /^cookie$/i.test(name))).toEqual([["Cookie", "a=1; b=2, c=3"]]);
  });

  test.for([600, 799, 999])("the status %d, which no HTTP knows, passes with its body", async (status) => {
    origin.sandbox.answer((_, response) =>
      response.writeHead(status, { "X-Own": "1", "Content-Length": 3 }).end("odd"),
    );
    const response = await send("GET", []);
    expect([response?.status, response?.body, headerOf(response, "x-own")]).toEqual([status, "odd", "1"]);
  });

  test("such an answer that speaks in the gateway's name is none", async () => {
    origin.sandbox.answer((_, response) => response.writeHead(799, { "Keygate-Degraded": "no" }).end());
    const response = await send("GET", []);
    expect([response?.status, codeOf(response)]).toEqual([502, "origin_unreachable"]);
  });

  test("headers that Connection names stay on their hop, in both directions", async () => {
    origin.sandbox.answer((_, response) =>
      response
        .writeHead(200, {
          Connection: "close, X-Hop, not a name",
          "X-Hop": "1",
          "Proxy-Authenticate": "Basic",
          "X-End": "1",
        })
        .end(),
    );
    const response = await send("GET", [
      ["Connection", "close, X-Mine"],
      ["X-Mine", "1"],
      ["X-Theirs", "1"],
    ]);
    expect([seen().headers["x-mine"], seen().headers["x-theirs"]]).toEqual([undefined, "1"]);
    expect(["x-hop", "proxy-authenticate", "x-end"].map((name) => headerOf(response, name))).toEqual([
      undefined,
      undefined,
      "1",
    ]);
  });

  test("Expect: 100-continue is answered here, and the body reaches the origin", async () => {
    const response = await send("POST", [["Expect", "100-continue"]], "/signatures/1", "the body");
    expect(response?.status).toBe(200);
    expect(JSON.parse(response?.body as string).body).toBe("the body");
    expect(seen().headers.expect).toBeUndefined();
  });

  test.for([
    ["TRACE", 405],
    ["BREW", 501],
    ["purge", 501],
  ] as const)("the method %s is answered %d, and no origin hears of it", async ([method, status]) => {
    expect((await send(method, []))?.status).toBe(status);
    expect(origin.sandbox.seen).toEqual([]);
  });

  test.for([
    ["/moved/1", "http://127.0.0.1:ORIGIN/base/moved/2?x#y", "http://127.0.0.1:GATEWAY/sandbox/moved/2?x#y"],
    ["/moved/1", "/base/moved/2", "/sandbox/moved/2"],
    ["/moved/1", "/base", "/sandbox"],
    ["/moved/1", "//127.0.0.1:ORIGIN/base/x", "//127.0.0.1:GATEWAY/sandbox/x"],
    ["/moved/1", "HTTP://u:p@0x7f.1:ORIGIN/a/../base/x", "http://127.0.0.1:GATEWAY/sandbox/x"],
    ["/moved/1", "\\\\127.0.0.1:ORIGIN\\base\\x", "//127.0.0.1:GATEWAY/sandbox/x"],
    ["/moved/1", "http://127.0.0.1:GATEWAY/base/x", "http://127.0.0.1:GATEWAY/sandbox/x"],
    ["/moved/1", "http://127.0.0.1:GATEWAY/sandbox/x", "http://127.0.0.1:GATEWAY/sandbox/x"],
    ["/moved/1", "/sandbox/base/x", "/sandbox/x"],
    ["/moved/1", "/basement", undefined],
    ["/moved/1", "/base/../../production/x", undefined],
    ["/moved/1", "http://127.0.0.1:ORIGIN/x", undefined],
    ["/moved/1", "../../../production/x", undefined],
    // Dropped by workerd, before the gateway sees it.
    ["/moved/1", "", undefined],
    ["/moved/1", "#x", "#x"],
    ["/moved/1", "/base/\xC3\xA9", "/sandbox/%C3%A9"],
    ["/moved/1", "x\xE9", "x\xE9"],
    ["/moved/1", "2?x", "2?x"],
    ["/moved/1", "https://elsewhere.test/base/x", "https://elsewhere.test/base/x"],
    ["/moved/1", "http://127.0.0.1:ORIGIN.evil.test/base/x", "http://127.0.0.1:ORIGIN.evil.test/base/x"],
    ["/signatures/1", "http://127.0.0.1:ORIGIN/base/x", "http://127.0.0.1:ORIGIN/base/x"],
  ] as const)("on %s, Location %j arrives as %j", async ([path, location, expected]) => {
    const filled = (text: string) => text.replace("ORIGIN", `${originPort()}`).replace("GATEWAY", `${direct.port}`);
    origin.sandbox.answer((_, response) => response.writeHead(302, { Location: filled(location) }).end());
    expect(headerOf(await send("GET", [], path), "location")).toBe(expected && filled(expected));
  });

  test.for([
    ["COPY", "http://127.0.0.1:GATEWAY/sandbox/moved/2", "http://127.0.0.1:ORIGIN/base/moved/2"],
    ["MOVE", "/sandbox/signatures/a/../2", "/base/signatures/2"],
    ["MOVE", "http://127.0.0.1:GATEWAY/production/moved/2", undefined],
    ["MOVE", "http://127.0.0.1:ORIGIN/base/moved/2", undefined],
    ["MOVE", "http://127.0.0.1:GATEWAY/sandbox/nowhere", undefined],
    ["COPY", "http://127.0.0.1:GATEWAY/sandbox/../production/moved/2", undefined],
  ] as const)("the Destination of %s, %s, reaches the origin as %s", async ([method, destination, expected]) => {
    const filled = (text: string) => text.replace("ORIGIN", `${originPort()}`).replace("GATEWAY", `${direct.port}`);
    const response = await send(method, [["Destination", filled(destination)]], "/moved/1");
    expect(codeOf(response)).toBe(expected ? undefined : "target_forbidden");
    expect(origin.sandbox.seen[0]?.headers.destination).toBe(expected && filled(expected));
  });

  test("an origin gets its own headers from the gateway, and not from the client", async () => {
    await send(
      "GET",
      [
        ["X-Api-Key", "forged"],
        ["X_Api_Key", "forged"],
      ],
      "/credentialed/1",
    );
    expect(seen().headers).toMatchObject({ "x-api-key": "of the gateway" });
    expect(JSON.stringify(seen())).not.toContain("forged");
  });

  test("a route's hooks see the request and the answer, and can answer by themselves", async () => {
    const response = await send("GET", [], "/hooked/1");
    expect(headerOf(response, "x-hooked")).toBe("/hooked/*");
    expect(seen().headers["x-hooked"]).toBe(key.id);
    const teapot = await send("GET", [], "/hooked/teapot");
    expect([teapot?.status, teapot?.body, origin.sandbox.seen.length]).toEqual([418, "short and stout", 1]);
  });
});
