import { once } from "node:events";
import { type ClientRequest, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { WebSocket as PatientWebSocket } from "ws";
import { rawRequest } from "../helpers/raw.ts";
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

/** Ends of what lasts, each with how it ended. They begin together, so that one revocation ends them all. */
describe("What lasts ends within 30 s of the revocation of its key", () => {
  const TYPES = [
    "text/event-stream",
    "multipart/x-mixed-replace; boundary=part",
    "application/grpc-web+proto",
    "application/grpc-web-text",
    "application/stream+json",
    "application/json",
    "video/mp4",
    undefined,
  ];
  const LONG = 100_000_000;
  const PART = Buffer.alloc(1_000, "part ");

  /** Writes a part every 200 ms, for as long as there is somebody to write to. */
  function drip(sink: ServerResponse | ClientRequest): void {
    sink.write(PART);
    const timer = setInterval(() => sink.write(PART), 200);
    sink.on("close", () => clearInterval(timer));
  }

  /** How the origin's side of each request ended, by the path. */
  const ends = new Map<string, Promise<unknown>>();
  const ended = (path: string) => ends.get(path) as Promise<unknown>;

  function answerAll(): void {
    origin.sandbox.answer((request, response) => {
      const url = new URL(request.url as string, "http://origin.test");
      ends.set(`${url.pathname.replace("/base", "")}${url.search}`, once(response, "close"));
      if (url.pathname.endsWith("/late")) return setTimeout(() => response.end("late"), LATE_MS);
      request.resume();
      if (request.method === "POST") return;
      const type = url.searchParams.get("type");
      if (type) response.setHeader("Content-Type", type);
      if (url.searchParams.has("length")) response.setHeader("Content-Length", LONG);
      if (url.pathname.endsWith("/fast")) return response.end(Buffer.alloc(LONG));
      drip(response);
    });
  }
  /** Later than the next look. */
  const LATE_MS = 10_000;

  /** Fulfilled once the body has ended, with how. */
  async function receive(path: string, key: Key): Promise<{ ended: Promise<"whole" | "broken">; isOpen(): boolean }> {
    const response = await fetch(`${direct.base("sandbox")}${path}`, { headers: bearing(key) });
    expect(response.status).toBe(200);
    let isOpen = true;
    const whole = response.body?.pipeTo(new WritableStream()).then(
      () => "whole" as const,
      () => "broken" as const,
    ) as Promise<"whole" | "broken">;
    const ended = whole.finally(() => {
      isOpen = false;
    });
    return { ended, isOpen: () => isOpen };
  }

  /** Sends a body without an end; fulfilled with the answer, or with `undefined` where there was none. */
  async function upload(path: string, key: Key, headers: Record<string, unknown> = {}): Promise<unknown> {
    const request = httpRequest(`${direct.base("sandbox")}${path}`, {
      method: "POST",
      headers: { ...bearing(key), ...headers } as Record<string, string>,
    });
    onTestFinished(() => void request.destroy());
    request.on("error", () => {});
    drip(request);
    const [response] = (await once(request, "response").catch(() => [])) as IncomingMessage[];
    return response && [response.statusCode, JSON.parse(String(Buffer.concat(await response.toArray()))).code];
  }

  /** A client that asks for much, and reads nothing. */
  async function stall(path: string, key: Key): Promise<void> {
    const socket = connect(direct.port, "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    socket.pause();
    socket.write(
      rawRequest("GET", `/sandbox${path}`, Object.entries({ Host: `127.0.0.1:${direct.port}`, ...bearing(key) })),
    );
    await expect.poll(() => ends.has(path), { timeout: 10_000 }).toBe(true);
  }

  test("answers of any type and length, uploads, and WebSockets; others go on", { timeout: 60_000 }, async () => {
    answerAll();
    const [key, other] = [await tenant.key(), await tenant.key()];
    const paths = TYPES.flatMap((type) => [
      `/signatures/1?type=${encodeURIComponent(type ?? "")}`,
      `/signatures/1?type=${encodeURIComponent(type ?? "")}&length`,
    ]);
    const streams = await Promise.all(paths.map((path) => receive(path, key)));
    const [unwatched, others] = await Promise.all([receive("/unwatched/1", key), receive("/signatures/other", other)]);
    await Promise.all([stall("/signatures/fast", key), stall("/signatures/fast?length", key)]);
    const uploads = [
      upload("/signatures/up", key),
      upload("/signatures/up?length", key, { "Content-Length": LONG }),
      upload("/signatures/up?idle", key, { "Content-Type": "application/grpc-web" }),
    ];
    const late = fetch(`${direct.base("sandbox")}/signatures/late`, { headers: bearing(key) });
    const accepted = echoNextSocket(origin.sandbox.server);
    const socket = socketTo("/signatures/1", key);
    const [{ closedWith }] = await Promise.all([accepted, next(socket, "open")]);
    const closed = next<CloseEvent>(socket, "close");

    expect((await direct.manage("POST", `/v1/api-keys/${key.id}/revoke`, {})).status).toBe(200);
    const revokedAt = Date.now();
    expect(await closed).toMatchObject({ code: 1008 });
    expect(await Promise.all(streams.map(({ ended }) => ended))).toEqual(paths.map(() => "broken"));
    expect(await Promise.all(uploads)).toEqual(uploads.map(() => [401, "key_revoked"]));
    expect([(await late).status, await (await late).json()]).toMatchObject([401, { code: "key_revoked" }]);
    const gone = [...ends.keys()].filter((path) => !path.startsWith("/unwatched") && !path.endsWith("/other"));
    expect(gone.length).toBeGreaterThan(paths.length);
    await Promise.all([...gone.map(ended), closedWith]);
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
      { status: "ready", checks: { d1: one, kv: one, authority: one, jurisdiction: one } },
    ]);
  });
});
