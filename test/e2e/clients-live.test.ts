/** Clients of what lasts, that nobody here wrote: each does the same with and without the gateway. */

import { once } from "node:events";
import { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { EventSource } from "eventsource";
import { Pool, request } from "undici";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { bearing, type Key, seed } from "../helpers/seed.ts";
import { baseOf, devServer, origins } from "./shared.ts";
import { both, type Way } from "./ways.ts";

const origin = origins();
const base = baseOf(origin);
let key: Key;
beforeAll(async () => {
  key = await (await seed(devServer)).key();
});

describe("a WebSocket", () => {
  const LARGE = Buffer.alloc(2 ** 20, "large ");
  const MESSAGES = ["wörld", Buffer.from([0, 1, 255]), LARGE];
  const PROTOCOLS = ["chat.v2", "chat.v1"];
  const url = (way: Way) => base(way).replace("http:", "ws:");

  /** Echoes what comes, pings and closes when told to. How its sockets ended. */
  function serve(): unknown[] {
    const server = new WebSocketServer({ server: origin.sandbox.server, handleProtocols: () => "chat.v1" });
    onTestFinished(() => server.close());
    const closes: unknown[] = [];
    server.on("connection", (socket) => {
      socket.on("message", (data, isBinary) => {
        if (String(data) === "close") socket.close(4001, "as asked");
        else if (String(data) === "ping") socket.ping("beat");
        else socket.send(data, { binary: isBinary });
      });
      socket.on("pong", (payload) => socket.send(`pong ${payload}`));
      socket.on("close", (code, reason) => closes.push([code, String(reason)]));
    });
    return closes;
  }

  /** What the origin hears, both ways. `answer`: with what reason the client answers the origin's close. */
  async function expectCloses(closes: unknown[], answer: unknown): Promise<void> {
    const each = [
      [4001, answer],
      [3000, "enough"],
    ];
    await expect.poll(() => closes).toEqual([...each, ...each]);
  }

  test("of ws: subprotocols, texts and bytes, large messages, pings, and the close of either end", async () => {
    const closes = serve();
    const open = async (way: Way) => {
      const socket = new WebSocket(url(way), PROTOCOLS, { headers: bearing(key) });
      await once(socket, "open");
      return socket;
    };
    const got = await both(async (way) => {
      const socket = await open(way);
      const answers: unknown[] = [socket.protocol];
      for (const message of MESSAGES) {
        socket.send(message);
        const [data, isBinary] = await once(socket, "message");
        answers.push([Buffer.compare(data, Buffer.from(message)), isBinary]);
      }
      socket.ping("mine");
      answers.push(String(await once(socket, "pong")));
      socket.send("ping");
      answers.push(String((await once(socket, "message"))[0]));
      socket.send("close");
      const [code, reason] = await once(socket, "close");
      answers.push([code, String(reason)]);
      const other = await open(way);
      other.close(3000, "enough");
      await once(other, "close");
      return answers;
    });
    expect(got).toEqual(["chat.v1", [0, false], [0, true], [0, true], "mine", "pong beat", [4001, "as asked"]]);
    await expectCloses(closes, "as asked");
  });

  test("of Node itself: the same", async () => {
    const closes = serve();
    const open = async (way: Way) => {
      // Node takes headers, of which the types for browsers know nothing.
      const socket = new globalThis.WebSocket(url(way), { protocols: PROTOCOLS, headers: bearing(key) } as never);
      socket.binaryType = "arraybuffer";
      await once(socket, "open");
      return socket;
    };
    const got = await both(async (way) => {
      const socket = await open(way);
      const answers: unknown[] = [socket.protocol];
      for (const message of MESSAGES) {
        socket.send(message);
        const [{ data }] = await once(socket, "message");
        answers.push([Buffer.compare(Buffer.from(data), Buffer.from(message)), typeof data]);
      }
      socket.send("close");
      const [{ code, reason, wasClean }] = await once(socket, "close");
      answers.push([code, reason, wasClean]);
      const other = await open(way);
      other.close(3000, "enough");
      await once(other, "close");
      return answers;
    });
    expect(got).toEqual(["chat.v1", [0, "string"], [0, "object"], [0, "object"], [4001, "as asked", true]]);
    // Node answers with the code alone.
    await expectCloses(closes, "");
  });

  test("that is told to close may still say something before it answers", async () => {
    const server = new WebSocketServer({ server: origin.sandbox.server });
    onTestFinished(() => server.close());
    const heard: unknown[] = [];
    server.on("connection", (socket) => {
      socket.on("message", (data) => heard.push(String(data)));
      socket.on("close", (code) => heard.push(code));
      socket.close(4001);
    });
    const late = async (way: Way) => {
      const socket = new WebSocket(url(way), { headers: bearing(key) });
      socket.on("open", () => socket.pause());
      await once(socket, "open");
      await sleep(100);
      socket.send("late");
      socket.resume();
      await once(socket, "close");
    };
    await both(late);
    await expect.poll(() => heard).toEqual(["late", 4001, "late", 4001]);
  });
});

test("an EventSource reads events, and comes back with the id of the last", async () => {
  origin.sandbox.answer((asked, response) => {
    const after = Number(asked.headers["last-event-id"] ?? 0);
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.write("retry: 10\n\n");
    for (const id of [after + 1, after + 2]) response.write(`id: ${id}\nevent: tick\ndata: ${id}\ndata: line\n\n`);
    response.end();
  });
  const got = await both(
    (way) =>
      new Promise<unknown[]>((done) => {
        const events: unknown[] = [];
        const source = new EventSource(base(way), {
          fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, ...bearing(key) } }),
        });
        source.addEventListener("tick", ({ data, lastEventId }) => {
          events.push([lastEventId, data]);
          if (events.length < 5) return;
          source.close();
          done(events);
        });
      }),
  );
  expect(got).toEqual([1, 2, 3, 4, 5].map((id) => [`${id}`, `${id}\nline`]));
});

test("undici: requests and streams one after the other on one connection, and compressed bytes as they are", async () => {
  const packed = gzipSync("packed ".repeat(1_000));
  origin.sandbox.answer(async (asked, response) => {
    const body = Buffer.concat(await asked.toArray()).toString();
    response.writeHead(asked.method === "PUT" ? 201 : 200, { "Content-Encoding": "gzip", "X-Body": body });
    response.end(packed);
  });
  const got = await both(async (way) => {
    const url = new URL(base(way));
    const pool = new Pool(url.origin, { connections: 1 });
    let connections = 0;
    pool.on("connect", () => connections++);
    const path = `${url.pathname}/1`;
    const answers: unknown[] = [];
    for (const body of ["one", "two", "three"]) {
      const answer = await pool.request({ method: "PUT", path, body, headers: bearing(key) });
      const bytes = Buffer.from(await answer.body.arrayBuffer());
      answers.push([answer.statusCode, answer.headers["x-body"], Buffer.compare(bytes, packed)]);
    }
    const parts: Buffer[] = [];
    await pool.stream({ method: "GET", path, headers: bearing(key) }, ({ statusCode }) => {
      answers.push(statusCode);
      return new Writable({
        write(part, _, done) {
          parts.push(part);
          done();
        },
      });
    });
    answers.push(Buffer.compare(Buffer.concat(parts), packed), connections);
    await pool.close();
    const head = await request(`${url}/1`, { method: "HEAD", headers: bearing(key) });
    answers.push([head.statusCode, head.headers["content-encoding"]]);
    return answers;
  });
  expect(got).toEqual([[201, "one", 0], [201, "two", 0], [201, "three", 0], 200, 0, 1, [200, "gzip"]]);
});
