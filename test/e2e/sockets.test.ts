/** What a WebSocket does that is watched, beside one that is not. */

import { once } from "node:events";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { bearing, seed, type Tenant } from "../helpers/seed.ts";
import { direct, origins } from "./shared.ts";

const origin = origins();
let tenant: Tenant;
beforeAll(async () => {
  tenant = await seed(direct);
});

const MEBIBYTE = 2 ** 20;
const PART = Buffer.alloc(256 * 1024, "part ");
const BEHIND = { code: 1013, reason: "messages arrive faster than they are accepted" };

/** Both ends of a WebSocket through the gateway. */
async function open(path: string): Promise<{ client: WebSocket; server: WebSocket }> {
  const accepting = new WebSocketServer({ server: origin.sandbox.server });
  onTestFinished(() => accepting.close());
  const url = `${direct.base("sandbox").replace("http:", "ws:")}${path}`;
  const client = new WebSocket(url, { headers: bearing(await tenant.key()), perMessageDeflate: false });
  const [[server]] = await Promise.all([once(accepting, "connection"), once(client, "open")]);
  for (const end of [client, server]) onTestFinished(() => end.terminate());
  return { client, server };
}

function closeOf(socket: WebSocket): Promise<{ code: number; reason: string }> {
  return once(socket, "close").then(([code, reason]) => ({ code, reason: String(reason) }));
}

/** Sends as much as is taken, until the WebSocket closes. */
function flood(socket: WebSocket): void {
  if (socket.readyState === WebSocket.OPEN) socket.send(PART, () => setImmediate(flood, socket));
}

function bytesAt(socket: WebSocket): () => number {
  let bytes = 0;
  socket.on("message", (data: Buffer) => {
    bytes += data.length;
  });
  return () => bytes;
}

describe("A watched WebSocket of which one end takes nothing", () => {
  test("is closed, the client's, before the gateway keeps much more than 32 MiB", async () => {
    const { client, server } = await open("/signatures/1");
    const received = bytesAt(client);
    const closed = [closeOf(server), closeOf(client)];
    client.pause();
    flood(server);
    expect(await closed[0]).toEqual(BEHIND);
    client.resume();
    expect(await closed[1]).toEqual(BEHIND);
    expect(received()).toBeGreaterThan(32 * MEBIBYTE);
    // With what the two kernels held.
    expect(received()).toBeLessThan(48 * MEBIBYTE);
  });

  test("is closed, the origin's too", async () => {
    const { client, server } = await open("/signatures/1");
    const closed = closeOf(client);
    server.pause();
    flood(client);
    expect(await closed).toEqual(BEHIND);
  });

  test("is not closed where nobody watches: the end that sends has to wait", async () => {
    const { client, server } = await open("/unwatched/1");
    client.pause();
    flood(server);
    await expect.poll(() => server.bufferedAmount > 0 && stands(server), { timeout: 10_000 }).toBe(true);
    expect([client.readyState, server.readyState]).toEqual([WebSocket.OPEN, WebSocket.OPEN]);
  });

  /** Whether nothing leaves it for a while. */
  async function stands(socket: WebSocket): Promise<boolean> {
    const before = socket.bufferedAmount;
    await new Promise((done) => setTimeout(done, 300));
    return socket.bufferedAmount === before;
  }
});

describe.for(["/signatures/1", "/unwatched/1"])("A WebSocket on %s", (path) => {
  test("passes 24 MiB at once, and then the close", async () => {
    const { client, server } = await open(path);
    const received = bytesAt(client);
    const closed = closeOf(client);
    for (let sent = 0; sent < 24 * MEBIBYTE; sent += PART.length) server.send(PART);
    server.close(4000, "done");
    expect(await closed).toEqual({ code: 4000, reason: "done" });
    expect(received()).toBe(24 * MEBIBYTE);
  });
});
