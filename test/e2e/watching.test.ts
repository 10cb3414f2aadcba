import { once } from "node:events";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { WebSocket as PatientWebSocket } from "ws";
import { bearing, type Key, seed, type Tenant } from "../helpers/seed.ts";
import { echoNextSocket, tickNextSocket } from "../helpers/websocket.ts";
import { direct, origins } from "./shared.ts";

const origin = origins();
let tenant: Tenant;
beforeAll(async () => {
  tenant = await seed(direct);
});

/** Node's takes headers, which the standard's does not. */
const NodeWebSocket = WebSocket as unknown as new (
  url: string,
  options: { protocols?: string[]; headers: Record<string, string> },
) => WebSocket;

function socketTo(path: string, key: Key): WebSocket {
  const url = `${direct.base("sandbox").replace("http:", "ws:")}${path}`;
  const socket = new NodeWebSocket(url, { protocols: ["chat.v2", "chat.v1"], headers: bearing(key) });
  onTestFinished(() => socket.close());
  return socket;
}

const next = <T extends Event>(socket: WebSocket, kind: string) =>
  new Promise<T>((done, fail) => {
    socket.addEventListener(kind, (event) => done(event as T), { once: true });
    socket.addEventListener("error", () => fail(new Error("the socket failed")), { once: true });
  });

describe.for(["/signatures/1", "/unwatched/1"])("A WebSocket on %s", (path) => {
  test("has its subprotocol, its messages both ways, and the close code of either end", async () => {
    const key = await tenant.key();
    const accepted = echoNextSocket(origin.sandbox.server);
    const socket = socketTo(path, key);
    const [{ request }] = await Promise.all([accepted, next(socket, "open")]);
    expect([socket.protocol, request.headers["keygate-key-id"]]).toEqual(["chat.v2", key.id]);
    for (const text of ["one", "two", "three"]) {
      const echoed = next<MessageEvent>(socket, "message");
      socket.send(text);
      expect((await echoed).data).toBe(text);
    }
    const closed = next<CloseEvent>(socket, "close");
    socket.send("close 4001");
    expect(await closed).toMatchObject({ code: 4001, reason: "as asked" });
  });

  test("tells the origin how the client closed", async () => {
    const accepted = echoNextSocket(origin.sandbox.server);
    const socket = socketTo(path, await tenant.key());
    const [{ closedWith }] = await Promise.all([accepted, next(socket, "open")]);
    socket.close(3999, "enough");
    expect(await closedWith).toBe(3999);
  });
});

describe("What lasts ends with its key", () => {
  test("an event stream and a WebSocket end within 30 s of its revocation, unless the route says otherwise", {
    timeout: 60_000,
  }, async () => {
    const [key, other] = [await tenant.key(), await tenant.key()];
    origin.sandbox.answer((_, response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      const timer = setInterval(() => response.write("data: x\n\n"), 200);
      response.on("close", () => clearInterval(timer));
    });
    const stream = async (path: string, { secret }: Key) => {
      const response = await fetch(`${direct.base("sandbox")}${path}`, { headers: bearing({ secret }) });
      expect(response.status).toBe(200);
      let isOpen = true;
      const ended = (async () => {
        for await (const _ of response.body as ReadableStream<Uint8Array>);
      })()
        .catch(() => undefined)
        .finally(() => {
          isOpen = false;
        });
      onTestFinished(() => response.body?.cancel().catch(() => undefined));
      return { ended, isOpen: () => isOpen };
    };
    const [watched, unwatched, others] = await Promise.all([
      stream("/signatures/1", key),
      stream("/unwatched/1", key),
      stream("/signatures/1", other),
    ]);
    const accepted = echoNextSocket(origin.sandbox.server);
    const socket = socketTo("/signatures/1", key);
    const [{ closedWith }] = await Promise.all([accepted, next(socket, "open")]);
    const closed = next<CloseEvent>(socket, "close");

    expect((await direct.manage("POST", `/v1/api-keys/${key.id}/revoke`, {})).status).toBe(200);
    const revokedAt = Date.now();
    expect(await closed).toMatchObject({ code: 1008 });
    await Promise.all([watched.ended, closedWith]);
    expect(Date.now() - revokedAt).toBeLessThan(30_000);
    expect([unwatched.isOpen(), others.isOpen()]).toEqual([true, true]);
  });
});

describe("A WebSocket whose client has said that it closes", () => {
  test("ends with its key all the same, where the origin never answers that", { timeout: 60_000 }, async () => {
    const key = await tenant.key();
    const accepted = tickNextSocket(origin.sandbox.server, 200);
    // Node's own gives up by itself when nobody answers.
    const socket = new PatientWebSocket(`${direct.base("sandbox").replace("http:", "ws:")}/signatures/1`, {
      headers: bearing(key),
    });
    const [originSocket] = await Promise.all([accepted, once(socket, "open")]);
    onTestFinished(() => void originSocket.destroy());
    const ended = once(socket, "close");
    socket.close(3000, "enough");
    expect((await direct.manage("POST", `/v1/api-keys/${key.id}/revoke`, {})).status).toBe(200);
    const revokedAt = Date.now();
    expect((await ended)[0]).toBe(1008);
    expect(Date.now() - revokedAt).toBeLessThan(29_000);
  });
});

describe("Whoever watches over the gateway", () => {
  const ask = (path: string) => fetch(`http://localhost:${direct.port}${path}`);

  test("is told that it is alive, and whether it can reach what it needs, each with its time", async () => {
    expect((await ask("/healthz")).status).toBe(200);
    const ready = await ask("/readyz");
    const one = { status: "ok", ms: expect.any(Number) };
    expect([ready.status, await ready.json()]).toEqual([
      200,
      { status: "ready", checks: { d1: one, kv: one, authority: one } },
    ]);
  });
});
