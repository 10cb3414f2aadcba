import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { command, KEY, ORGANIZATION, type Outcome, startApi, TOKEN } from "../helpers.ts";

const READ = ["orgs", "list"];
const SHOW = ["orgs", "show", ORGANIZATION.id];
const CHANGE = ["keys", "disable", KEY.id];

type Reply = { status?: number; type?: string; headers?: Record<string, string>; body: unknown };

async function told(reply: Reply, args = READ): Promise<Outcome & { url: string }> {
  const { url } = await startApi(() => reply);
  const outcome = await command([...args, "--url", url, "--token", TOKEN]);
  return { ...outcome, url };
}

/** A server that answers with these bytes, and then ends the connection, or resets it. */
async function raw(bytes: string, end: (socket: Socket) => void = (socket) => void socket.end()): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.write(bytes, () => end(socket)));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function expectOneSentence({ code, stdout, stderr }: Outcome, expectedCode: number): void {
  expect({ code, stdout }).toEqual({ code: expectedCode, stdout: "" });
  expect(stderr).toMatch(/^keygate: /);
  expect(stderr.trim().split("\n").length).toBeLessThanOrEqual(2);
  expect(stderr).not.toMatch(/undefined|null|\[object|TypeError|fetch failed|\n\s+at /);
  expect(stderr).not.toContain(TOKEN);
}

const PAGE = "<html><body>Something else</body></html>";

describe("an answer that is not from a management API", () => {
  test.each<[what: string, Reply]>([
    ["a page", { type: "text/html", body: PAGE }],
    ["nothing", { status: 204, body: "" }],
    ["an empty 200", { body: "" }],
    ["half of an object", { body: '{"data":[' }],
    ["JSON text", { body: '"hello"' }],
    ["a JSON number", { body: "7" }],
    ["JSON null", { body: "null" }],
    ["a page that is not found", { status: 404, type: "text/html", body: PAGE }],
    ["a page of a firewall", { status: 403, type: "text/html", body: PAGE }],
    ["another API's error", { status: 404, body: { message: "no Route matched with those values" } }],
    ["a status below 200 ok", { status: 418, body: [] }],
  ])("is one sentence that says what to check: %s", async (_, reply) => {
    const { url, ...outcome } = await told(reply);
    expectOneSentence(outcome, 1);
    expect(outcome.stderr).toContain(
      `${url} answered ${reply.status ?? 200}, but not like a management API. Check that --url is the control base URL.`,
    );
  });

  test.each<[args: string[], body: unknown]>([
    [READ, { ok: true }],
    [READ, []],
    [READ, { data: "none" }],
    [SHOW, { ok: true }],
    [SHOW, []],
    [["whoami"], { id: 7 }],
    [["status"], {}],
    [["limits", "show", KEY.id], {}],
  ])("is known by its form: keygate %j, %j", async (args, body) => {
    const { url, ...outcome } = await told({ body }, args);
    expectOneSentence(outcome, 1);
    expect(outcome.stderr).toContain(`${url} answered in a form that this version of keygate does not know`);
  });

  test.each([301, 302, 307, 308])("and points elsewhere (%i) is told with where it points", async (status) => {
    const { url, ...outcome } = await told({ status, headers: { Location: "https://new.test/v1?secret=1" }, body: "" });
    expectOneSentence(outcome, 1);
    expect(outcome.stderr).toContain(
      `${url} answered ${status} and points to https://new.test. Nothing was sent there.`,
    );
    expect(outcome.stderr).not.toContain("secret");
  });
});

describe("a gateway that cannot answer now", () => {
  const problem = (status: number, fix?: string) => ({
    ...{ status, type: "application/problem+json" },
    body: { title: "Storage is down", detail: "The database does not answer.", code: "storage_unavailable", fix },
  });
  const FIX = "Try again after the seconds in Retry-After.";

  test.each<[string, Reply, string]>([
    ["with its seconds", { ...problem(503, FIX), headers: { "Retry-After": "5" } }, "\n  Try again after 5 s.\n"],
    ["without a fix", { ...problem(503), headers: { "Retry-After": "7" } }, "\n  Try again in 7 s.\n"],
    ["without seconds", problem(503), "\n  Try again later.\n"],
    ["with strange seconds", { ...problem(503), headers: { "Retry-After": "soon" } }, "\n  Try again later.\n"],
    ["with negative seconds", { ...problem(503), headers: { "Retry-After": "-1" } }, "\n  Try again later.\n"],
    [
      "with a date",
      { ...problem(503), headers: { "Retry-After": new Date(0).toUTCString() } },
      "\n  Try again in 0 s.\n",
    ],
  ])("is told with when to try again: %s", async (_, reply, words) => {
    const outcome = await told(reply);
    expectOneSentence(outcome, 3);
    expect(outcome.stderr).toContain("The database does not answer. (503, storage_unavailable)");
    expect(outcome.stderr).toContain(words);
  });

  test.each<[string, Reply, string]>([
    ["a page of Cloudflare", { status: 500, type: "text/html", body: PAGE }, "Try again later"],
    [
      "a bad gateway",
      { status: 502, type: "text/html", body: PAGE, headers: { "Retry-After": "3" } },
      "Try again in 3 s",
    ],
    ["nothing", { status: 503, body: "" }, "Try again later"],
    ["JSON of another kind", { status: 504, body: { ok: false } }, "Try again later"],
    ["a list", { status: 520, body: [1] }, "Try again later"],
  ])("says so without a reason too: %s", async (_, reply, words) => {
    const { url, ...outcome } = await told(reply);
    expectOneSentence(outcome, 3);
    expect(outcome.stderr).toContain(
      `${url} answered ${reply.status}, without a reason. ${words}; if it stays like this, look at the Worker's log.`,
    );
  });

  test("is told with when it takes calls again, if there were too many", async () => {
    const outcome = await told({ status: 429, body: "slow down", headers: { "Retry-After": "61" } });
    expectOneSentence(outcome, 3);
    expect(outcome.stderr).toContain("too many calls. Try again in 61 s.");
  });

  test("keeps its words if its members have other types", async () => {
    const outcome = await told({ status: 422, body: { title: "No", detail: { a: 1 }, errors: "none", code: 7 } });
    expectOneSentence(outcome, 1);
    expect(outcome.stderr).toBe("keygate: No (422)\n");
  });
});

describe("a connection that breaks", () => {
  const HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n";
  const reset = (socket: Socket) => void socket.resetAndDestroy();

  test.each<[string, string, ((socket: Socket) => void)?]>([
    ["before the answer", ""],
    ["by a reset", "", reset],
    ["in its head", "HTTP/1.1 200 OK\r\nContent-"],
    ["in its body", `${HEAD}{"data":[`],
    ["in its body, by a reset", `${HEAD}{"data":[`, reset],
  ])("is no reason to change --url: %s", async (_, bytes, end) => {
    const url = await raw(bytes, end);
    const read = await command([...READ, "--url", url, "--token", TOKEN]);
    expectOneSentence(read, 3);
    expect(read.stderr).toContain(`The connection to ${url} broke before its answer was complete`);
    const changed = await command([...CHANGE, "--url", url, "--token", TOKEN]);
    expectOneSentence(changed, 3);
    expect(changed.stderr).toContain(
      "It may have been done: look with `show` or `list` before you run the command again.",
    );
  });

  test("to something that is not HTTP is told so", async () => {
    const url = await raw("220 mail.test ESMTP\r\n");
    const outcome = await command([...READ, "--url", url, "--token", TOKEN]);
    expectOneSentence(outcome, 3);
    expect(outcome.stderr).toContain(`${url} does not answer with HTTP`);
  });

  test.each([
    [
      "https://gateway.invalid",
      /No gateway answers at https:\/\/gateway\.invalid \(E[A-Z_]+\)\. Check --url and the network\./,
    ],
    [
      "https://localhost:61",
      /No gateway answers at https:\/\/localhost:61 \(ECONNREFUSED\)\. Is `npm start` running\?/,
    ],
    ["https://localhost:1", /https:\/\/localhost:1 has a port that is reserved for other protocols\. Check --url\./],
  ])("that cannot be made is told with its reason: %s", async (url, words) => {
    const outcome = await command([...READ, "--url", url, "--token", TOKEN]);
    expectOneSentence(outcome, 3);
    expect(outcome.stderr).toMatch(words);
  });

  test("to a server without TLS is told so", async () => {
    const url = (await raw("HTTP/1.1 400 Bad Request\r\n\r\n")).replace("http:", "https:");
    const outcome = await command([...READ, "--url", url, "--token", TOKEN]);
    expectOneSentence(outcome, 3);
    expect(outcome.stderr).toContain(`${url} does not answer with TLS`);
  });
});
