import { beforeAll, describe, expect, test } from "vitest";
import { codeOf, headerOf, rawRequest, sendRaw } from "../helpers/raw.ts";
import { bearing, type Key, seed } from "../helpers/seed.ts";
import { BOTH, origins } from "./shared.ts";

const origin = origins();
const APP = "https://app.test";
const EVIL = "https://evil.test";

describe.for(BOTH)("Pages read what the rules allow, and no more: $server", ({ gateway }) => {
  let key: Key;
  beforeAll(async () => {
    key = await (await seed(gateway)).key();
  });

  /** The answer to a page's request, on a socket of its own. */
  async function ask(method: string, path: string, page: string, headers: Record<string, string> = bearing(key)) {
    const lines = Object.entries({ Host: `127.0.0.1:${gateway.port}`, Origin: page, ...headers });
    const response = await sendRaw(gateway.port, rawRequest(method, `/sandbox${path}`, lines));
    return {
      status: response?.status,
      code: codeOf(response),
      cors: Object.fromEntries(response?.headers.filter(([name]) => name.startsWith("access-control-")) ?? []),
      vary: headerOf(response, "vary"),
    };
  }

  const reflecting = () =>
    origin.sandbox.answer((request, response) => {
      response.setHeader("Access-Control-Allow-Origin", request.headers.origin ?? "*");
      response.setHeader("Access-Control-Allow-Credentials", "true");
      response.setHeader("Access-Control-Allow-Private-Network", "true");
      response.setHeader("Vary", "Origin");
      response.end("the answer");
    });

  test.for([EVIL, "null", "http://app.test"])(
    "an origin that allows %s is not heard where the route has rules",
    async (page) => {
      reflecting();
      expect(await ask("GET", "/web/1", page)).toEqual({ status: 200, code: undefined, cors: {}, vary: "Origin" });
    },
  );

  test("an allowed page hears the gateway alone", async () => {
    reflecting();
    const { status, cors } = await ask("GET", "/web/1", APP);
    expect([status, Object.keys(cors).sort()]).toEqual([
      200,
      ["access-control-allow-origin", "access-control-expose-headers"],
    ]);
    expect(cors["access-control-allow-origin"]).toBe(APP);
  });

  test("where the route has no rules, the origin's pass", async () => {
    reflecting();
    const { cors } = await ask("GET", "/signatures/1", EVIL);
    expect(cors).toMatchObject({ "access-control-allow-origin": EVIL, "access-control-allow-credentials": "true" });
  });

  test.for<{ status: number; code: string; method: string; path: string; headers?: Record<string, string> }>([
    { status: 404, code: "no_such_route", method: "GET", path: "/nowhere" },
    { status: 405, code: "method_not_allowed", method: "DELETE", path: "/only-get-and-post" },
    { status: 400, code: "path_ambiguous", method: "GET", path: "/web%2f..%2fteammates/1" },
    { status: 414, code: "url_too_long", method: "GET", path: `/nowhere?${"x".repeat(16_400)}` },
    { status: 401, code: "credentials_missing", method: "GET", path: "/nowhere", headers: {} },
    {
      status: 401,
      code: "credentials_missing",
      method: "OPTIONS",
      path: "/only-get-and-post",
      headers: { "Access-Control-Request-Method": "DELETE" },
    },
    { status: 401, code: "credentials_missing", method: "GET", path: "/web/1", headers: {} },
  ])("the error $status $code is read by the pages that some route allows", async (each) => {
    const { status, code, method, path, headers } = each;
    const read = await ask(method, path, APP, headers);
    expect(read).toMatchObject({ status, code, cors: { "access-control-allow-origin": APP }, vary: "Origin" });
    expect(await ask(method, path, EVIL, headers)).toEqual({ status, code, cors: {}, vary: "Origin" });
    expect(origin.sandbox.seen).toEqual([]);
  });
});
