import { beforeAll, describe, expect, test } from "vitest";
import { codeOf, headerOf, type RawResponse, rawRequest, sendRaw } from "../helpers/raw.ts";
import { bearing, type Key, seed } from "../helpers/seed.ts";
import { direct, origins } from "./shared.ts";

const origin = origins();
let key: Key;
beforeAll(async () => {
  key = await (await seed(direct)).key();
});

const SWITCHING = "HTTP/1.1 101 Switching Protocols\r\n";
const UPGRADE = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
const ACCEPT = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
const BODY = "Content-Length: 2\r\n\r\nok";

/** What the origin sends, byte by byte, before it closes. */
const SWITCHED: Record<string, string> = {
  "a 101 with nothing": `${SWITCHING}\r\n`,
  "a 101 with an upgrade alone": `${SWITCHING}${UPGRADE}\r\n`,
  "a 101 that accepts another key": `${SWITCHING}${UPGRADE}${ACCEPT}\r\n`,
  "a 101 without an upgrade": `${SWITCHING}${ACCEPT}\r\n`,
  "a 101 to h2c": `${SWITCHING}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n`,
  "a 101 with a body": `${SWITCHING}${UPGRADE}${ACCEPT}${BODY}`,
  "a 101 with frames behind it": `${SWITCHING}${UPGRADE}${ACCEPT}\r\n\x81\x05hello`,
};
const NO_STATUS: Record<string, string> = Object.fromEntries(
  ["0", "1", "42", "99", "099", "-1", "150", "199", "1000", "99999", "two hundred", ""].map((status) => [
    `the status ${JSON.stringify(status)}`,
    `HTTP/1.1 ${status} Odd\r\n${BODY}`,
  ]),
);
const NO_ANSWER: Record<string, string> = {
  ...Object.fromEntries(
    [100, 102, 103].map((status) => [`a ${status} and no more`, `HTTP/1.1 ${status} Wait\r\n\r\n`]),
  ),
  "no HTTP": "hello\r\n\r\n",
  nothing: "",
};

const HANDSHAKE: [string, string][] = [
  ["Connection", "Upgrade"],
  ["Upgrade", "websocket"],
  ["Sec-WebSocket-Version", "13"],
  ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
];

function send(method: string, path: string, lines: [string, string][]): Promise<RawResponse | undefined> {
  const host: [string, string] = ["Host", `127.0.0.1:${direct.port}`];
  return sendRaw(direct.port, rawRequest(method, `/sandbox${path}`, [host, ...Object.entries(bearing(key)), ...lines]));
}

const answerWith = (bytes: string) =>
  origin.sandbox.answer(({ socket }) => void socket.end(Buffer.from(bytes, "latin1")));

describe.for([
  { asked: "a GET", method: "GET", lines: [] },
  { asked: "a POST", method: "POST", lines: [] },
  { asked: "a WebSocket handshake", method: "GET", lines: HANDSHAKE },
])("An origin that answers $asked in a broken way", ({ method, lines }) => {
  test.for(Object.entries({ ...SWITCHED, ...NO_STATUS, ...NO_ANSWER }))(
    "with %s: is unreachable, with a request id and two lines in the log",
    async ([, bytes]) => {
      answerWith(bytes);
      for (const path of ["/signatures/1", "/status"]) {
        const response = await send(path === "/status" ? "GET" : method, path, lines);
        expect([response?.status, codeOf(response)]).toEqual([502, "origin_unreachable"]);
        const id = headerOf(response, "x-request-id") as string;
        expect(JSON.parse(response?.body ?? "").request_id).toBe(id);
        expect(await direct.logged(id)).toMatchObject({ status: 502, reason: "origin_unreachable" });
        // The other says what failed.
        await expect.poll(() => direct.output().match(new RegExp(`"kind":.*${id}`, "g"))?.length).toBe(2);
      }
    },
  );

  test("is asked again by the next request", async () => {
    answerWith(SWITCHED["a 101 with nothing"] as string);
    await send(method, "/signatures/1", lines);
    origin.sandbox.reset();
    expect((await send(method, "/signatures/1", []))?.status).toBe(200);
  });
});

describe("An answer that is none of these passes", () => {
  test.for([200, 400, 403, 426, 500, 502, 503])("%d to a WebSocket handshake", async (status) => {
    origin.sandbox.answer((_, response) => response.writeHead(status, { "X-Own": "1" }).end("the origin's own"));
    const response = await send("GET", "/signatures/1", HANDSHAKE);
    expect([response?.status, headerOf(response, "x-own"), response?.body]).toEqual([status, "1", "the origin's own"]);
  });

  test.for([100, 102, 103])("what follows a %d", async (status) => {
    answerWith(`HTTP/1.1 ${status} Wait\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\n${BODY}`);
    const response = await send("GET", "/signatures/1", []);
    expect([response?.status, response?.body]).toEqual([200, "ok"]);
  });
});
