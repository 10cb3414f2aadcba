import { beforeAll, describe, expect, test } from "vitest";
import { verifyNodeRequest } from "../../src/origin/node.ts";
import type { SeenRequest } from "../helpers/origin.ts";
import { converse } from "../helpers/raw.ts";
import { bearing, type Key, seed } from "../helpers/seed.ts";
import { FRAMING, type FramingCase } from "./framing-cases.ts";
import { BOTH, devServer, origins } from "./shared.ts";

const origin = origins();
const PATH = "/sandbox/signatures/1";

function bytesOf(each: FramingCase, port: number, key: Key): string {
  const { body = "", lines = [], host = "127.0.0.1:PORT", change = (same: string) => same } = each;
  const { line = body ? "POST PATH HTTP/1.1" : "GET PATH HTTP/1.1" } = each;
  const own = Object.entries(bearing(key)).map(([name, value]) => `${name}: ${value}`);
  const second = [`GET /sandbox/signatures/smuggled HTTP/1.1`, `Host: 127.0.0.1:${port}`, ...own, "", ""].join("\r\n");
  const head = [line, ...(host === null ? [] : [`Host: ${host}`]), ...own, ...lines, "", ""].join("\r\n");
  const size = body.replace("SMUGGLED", second).length;
  return change(head + body)
    .replaceAll("PATH", PATH)
    .replaceAll("PORT", String(port))
    .replaceAll("SIZE", String(size))
    .replaceAll("HEX", second.length.toString(16))
    .replaceAll("SMUGGLED", second);
}

/** A code of the gateway's; `origin` for what came from there; `runtime` for what nobody here wrote. */
function authorOf(answer: string): string {
  const [, code] = /"code":"(\w+)"/.exec(answer) ?? [];
  if (code && /application\/problem\+json/i.test(answer)) return code;
  return /^x-request-id:/im.test(answer) ? "origin" : "runtime";
}

function told(answer: string): string {
  const status = answer.slice(9, 12);
  return status === "200" ? status : `${status} ${authorOf(answer)}`;
}

const lastSegment = ({ url }: SeenRequest) => url.split("/").at(-1);

describe.for(BOTH)("A request in hostile framing is answered, and smuggles none: $server", ({ gateway }) => {
  let key: Key;
  beforeAll(async () => {
    key = await (await seed(gateway)).key();
  });
  const verification = { issuer: gateway.base("sandbox"), audience: "main" };

  test.for(FRAMING)("$name", async (each) => {
    const { answers, onDevServer = answers } = each;
    const expected = gateway === devServer ? onDevServer : answers;
    const { reaches = expected.includes("200") ? ["1"] : [] } = each;
    const text = await converse(gateway.port, bytesOf(each, gateway.port, key), expected.length);
    expect(text.map(told)).toEqual(expected);
    const whole = origin.sandbox.seen.filter((seen) => seen.isWhole());
    const brokenOff = origin.sandbox.seen.filter((seen) => !seen.isWhole());
    expect(whole.map(lastSegment)).toEqual(reaches);
    const canBreakOff = each.answers.includes("400 request_broken_off");
    expect(canBreakOff ? [[], ["1"]] : [[]]).toContainEqual(brokenOff.map(lastSegment));
    for (const seen of origin.sandbox.seen) expect((await verifyNodeRequest(seen, verification)).keyId).toBe(key.id);
  });

  test.for([
    { place: "before them", lines: ["Content-Length: 10", "Transfer-Encoding: chunked"] },
    { place: "after them", lines: ["Transfer-Encoding: chunked", "Content-Length: 10"] },
    { place: "on both sides", lines: ["Content-Length: 10", "Transfer-Encoding: chunked", "Content-Length: 10"] },
    {
      place: "that contradicts another",
      lines: ["Content-Length: 10", "Transfer-Encoding: chunked", "Content-Length: 9"],
    },
  ])("Chunks are cut at the limit of their route, whatever a length $place says", async ({ lines }) => {
    origin.sandbox.answer((request) => void request.on("error", () => {}).resume());
    const own = Object.entries(bearing(key)).map(([name, value]) => `${name}: ${value}`);
    const head = ["POST /sandbox/bounded/1 HTTP/1.1", `Host: 127.0.0.1:${gateway.port}`, ...own, ...lines, "", ""];
    const body = `3e9\r\n${"b".repeat(1_001)}\r\n`;
    const answers = await converse(gateway.port, head.join("\r\n") + body, 1);
    expect(answers.map(told)).toEqual(["413 body_too_large"]);
  });

  test("and the gateway serves on", async () => {
    const response = await fetch(`${gateway.base("sandbox")}/signatures/1`, { headers: bearing(key) });
    expect(response.status).toBe(200);
  });
});

test("there are enough cases, and none of the gateway's own answers is a fault", () => {
  expect(FRAMING.length).toBeGreaterThan(80);
  expect(FRAMING.flatMap(({ answers }) => answers).filter((answer) => /^5\d\d (?!runtime)/.test(answer))).toEqual([]);
});
