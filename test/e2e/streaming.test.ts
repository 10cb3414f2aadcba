import { createHash } from "node:crypto";
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Gateway } from "../helpers/gateway.ts";
import { rawRequest } from "../helpers/raw.ts";
import { bearing, type Key, seed } from "../helpers/seed.ts";
import { BOTH, direct, origins } from "./shared.ts";

const origin = origins();

/** A request that the gateway lets through, on a socket of its own. */
function open(gateway: Gateway, key: Key, headers: Record<string, string> = {}): Socket {
  const socket = connect(gateway.port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  const lines = Object.entries({ Host: `127.0.0.1:${gateway.port}`, ...bearing(key), ...headers });
  socket.write(rawRequest("GET", "/sandbox/signatures/1", lines));
  return socket;
}

describe.for(BOTH)("Nothing is held back on its way: $server", ({ gateway }) => {
  let key: Key;
  beforeAll(async () => {
    key = await (await seed(gateway)).key();
  });
  const url = `${gateway.base("sandbox")}/signatures/1`;

  test("the first part of an answer arrives before the origin has written the last", async () => {
    const received = Promise.withResolvers<void>();
    origin.sandbox.answer(async (_, response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.write("data: first\n\n");
      await received.promise;
      response.end("data: last\n\n");
    });
    const response = await fetch(url, { headers: bearing(key) });
    const parts = partsOf(response);
    expect((await parts.next()).value).toBe("data: first\n\n");
    received.resolve();
    expect((await parts.next()).value).toBe("data: last\n\n");
    expect((await parts.next()).done).toBe(true);
  });

  test("the first part of a body reaches the origin before the client has sent the last", async () => {
    const received = Promise.withResolvers<string>();
    origin.sandbox.answer(async (request, response) => {
      const [first] = await once(request, "data");
      received.resolve(String(first));
      request.on("end", () => response.end("done"));
    });
    const request = httpRequest(url, { method: "POST", headers: bearing(key) });
    request.write("first");
    expect(await received.promise).toBe("first");
    request.end("last");
    const [response] = (await once(request, "response")) as [IncomingMessage];
    expect(String(Buffer.concat(await response.toArray()))).toBe("done");
  });

  test("an answer that breaks off breaks off for the client too", async () => {
    origin.sandbox.answer((_, response) => {
      response.writeHead(200, { "Content-Length": "1000" });
      response.write("first", () => response.destroy());
    });
    const response = await fetch(url, { headers: bearing(key) });
    await expect(response.text()).rejects.toThrow();
  });

  test("a WebSocket goes through, both ways, with the identity in its handshake", async () => {
    const upgrade = once(origin.sandbox.server, "upgrade");
    onTestFinished(() => void origin.sandbox.server.removeAllListeners("upgrade"));
    const socket = open(gateway, key, {
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    });

    const [request, originSocket] = await upgrade;
    onTestFinished(() => void originSocket.destroy());
    expect(request.headers).toMatchObject({ "keygate-key-id": key.id, upgrade: "websocket" });
    expect(request.headers.authorization).toBeUndefined();
    originSocket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${acceptOf(request.headers["sec-websocket-key"])}\r\n\r\n`,
    );
    const [head] = await once(socket, "data");
    expect(String(head)).toMatch(/^HTTP\/1\.1 101 /);
    originSocket.write(Buffer.from([0x81, 5, ...Buffer.from("hello")]));
    const [frame] = await once(socket, "data");
    expect(String((frame as Buffer).subarray(2))).toBe("hello");
    // A client's frames are masked, here by zeros.
    socket.write(Buffer.from([0x81, 0x85, 0, 0, 0, 0, ...Buffer.from("world")]));
    const [answer] = (await once(originSocket, "data")) as [Buffer];
    expect(unmasked(answer)).toBe("world");
  });
});

// The dev server's proxy keeps its own connection open. workerd notices a client that resets its connection at once, and
// one that merely closes its half when it next writes to it.
describe("A client that leaves ends the call to the origin", () => {
  let key: Key;
  beforeAll(async () => {
    key = await (await seed(direct)).key();
  });

  test.for(["before its answer has begun", "in the middle of its answer"])("%s", async (moment) => {
    const [asked, left] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    origin.sandbox.answer((request, response) => {
      request.socket.on("close", () => left.resolve());
      if (moment === "in the middle of its answer") response.writeHead(200).write("first");
      asked.resolve();
    });
    const client = open(direct, key);
    await asked.promise;
    if (moment === "in the middle of its answer") await once(client, "data");
    client.resetAndDestroy();
    await left.promise;
  });
});

async function* partsOf(response: Response): AsyncGenerator<string> {
  for await (const bytes of response.body as ReadableStream<Uint8Array>) yield Buffer.from(bytes).toString();
}

/** https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2 */
function acceptOf(key: string): string {
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}

function unmasked(frame: Buffer): string {
  const mask = frame.subarray(2, 6);
  return String.fromCharCode(...frame.subarray(6).map((byte, at) => byte ^ (mask[at % 4] as number)));
}
