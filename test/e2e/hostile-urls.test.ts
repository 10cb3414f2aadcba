import { beforeAll, describe, expect, test } from "vitest";
import { codeOf, headerOf, rawRequest, sendRaw } from "../helpers/raw.ts";
import { bearing, type Key, seed } from "../helpers/seed.ts";
import { direct, origins } from "./shared.ts";

const origin = origins();
let key: Key;
beforeAll(async () => {
  key = await (await seed(direct)).key();
});

type Line = readonly [name: string, value: string];
const send = (target: string, lines: Line[], host = "127.0.0.1") =>
  sendRaw(direct.port, rawRequest("GET", target, [["Host", `${host}:${direct.port}`], ...lines]));
const explained = async (target: string) => {
  const url = `http://127.0.0.1:${direct.port}${target}`;
  return (await direct.manage("POST", "/v1/explain", { key_id: key.id, method: "GET", url })).body.decision.code;
};

const TOO_LONG: Record<string, string> = {
  "a chain of %25": `/sandbox/workspaces/%${"25".repeat(8_200)}41/folders/1`,
  "a chain of %25 of 60 KB": `/sandbox/workspaces/%${"25".repeat(30_000)}41/folders/1`,
  "dot segments that the URL parser resolves": `/sandbox/signatures/${"a/../".repeat(3_300)}1`,
  "quotation marks, each of which is forwarded as three bytes": `/sandbox/signatures/${'"'.repeat(5_500)}`,
  "a query": `/sandbox/signatures/1?${"a&".repeat(8_200)}`,
  "a path of no base URL": `/nowhere/${"a".repeat(16_400)}`,
};

describe("A URL that is longer than the gateway takes", () => {
  test.for(Object.entries(TOO_LONG))("%s: is refused before anybody is asked for credentials", async ([, target]) => {
    for (const lines of [[], Object.entries(bearing(key))]) {
      const response = await send(target, lines);
      expect([response?.status, codeOf(response)]).toEqual([414, "url_too_long"]);
      expect(await direct.logged(headerOf(response, "x-request-id") as string)).toMatchObject({ status: 414 });
    }
    expect(origin.sandbox.seen).toEqual([]);
    // What the management API itself takes is shorter than 60 KB.
    if (/^\/sandbox.{0,30000}$/.test(target)) expect(await explained(target)).toBe("url_too_long");
  });

  test("is refused by the control plane as well", async () => {
    const response = await send(`/errors/${"a".repeat(16_400)}`, [], "localhost");
    expect([response?.status, codeOf(response)]).toEqual([414, "url_too_long"]);
  });
});

describe("A path that is percent-encoded over and over", () => {
  test.for(["/workspaces/PATH/folders/1", "/signatures/PATH", "/nowhere/PATH", "/status/PATH"])(
    "%s: reaches no origin, and who has no key learns nothing of it",
    async (pattern) => {
      for (const rounds of [4, 5, 50, 4_000]) {
        const target = `/sandbox${pattern.replace("PATH", `%${"25".repeat(rounds - 1)}41`)}`;
        expect(codeOf(await send(target, []))).toBe("credentials_missing");
        const response = await send(target, Object.entries(bearing(key)));
        expect([response?.status, codeOf(response)]).toEqual([400, "path_ambiguous"]);
        expect(await explained(target)).toBe("path_ambiguous");
      }
      expect(origin.sandbox.seen).toEqual([]);
    },
  );

  test("up to three times, it is forwarded as it came", async () => {
    const target = "/signatures/%252541";
    expect((await send(`/sandbox${target}`, Object.entries(bearing(key))))?.status).toBe(200);
    expect(origin.sandbox.seen.map(({ url }) => url)).toEqual([`/base${target}`]);
  });
});

describe("The control plane", () => {
  test.for(["/errors/%E4x", "/sign-in/%E4", "/?q=%", "/v1/api-keys?q=%zz"])(
    "refuses %s, which cannot be decoded",
    async (target) => {
      const response = await send(target, [], "localhost");
      expect([response?.status, codeOf(response)]).toEqual([400, "request_invalid"]);
    },
  );

  test("takes as many header fields as the data plane, and no more", async () => {
    const lines = Array.from({ length: 200 }, (_, n): Line => [`X-${n}`, "a"]);
    const response = await send("/healthz", lines, "localhost");
    expect([response?.status, codeOf(response)]).toEqual([431, "headers_too_large"]);
    expect((await send("/healthz", lines.slice(10), "localhost"))?.status).toBe(200);
  });
});
