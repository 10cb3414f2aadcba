/** Clients of what lasts, that nobody here wrote: each does the same with and without the gateway. */

import { once } from "node:events";
import { gzipSync } from "node:zlib";
import { EventSource } from "eventsource";
import { Pool, request } from "undici";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { bearing, type Key, seed } from "../helpers/seed.ts";
import { devServer, origins } from "./shared.ts";
import { baseOf, both, type Way } from "./ways.ts";

const origin = origins();
const base = baseOf(origin);
let key: Key;
beforeAll(async () => {
  key = await (await seed(devServer)).key();
});

test("ws: subprotocols, texts and bytes, large messages, pings, and the close of either end", async () => {
  const server = new WebSocketServer({ server: origin.sandbox.server, handleProtocols: () => "chat.v1" });
  onTestFinished(() => server.close());
  const closes: unknown[] = [];
  server.on("connection", (socket) => {
    socket.on("message", (data, isBinary) => {
      if (String(data) === "close") socket.close(4001, "as asked");
      else socket.send(data, { binary: isBinary });
    });
    socket.on("close", (code, reason) => closes.push([code, String(reason)]));
  });
  const open = async (way: Way) => {
    const socket = new WebSocket(base(way).replace("http:", "ws:"), ["chat.v2", "chat.v1"], { headers: bearing(key) });
    await once(socket, "open");
    return socket;
  };
  const large = Buffer.alloc(2 ** 20, "large ");
  const got = await both(async (way) => {
    const socket = await open(way);
    const answers: unknown[] = [socket.protocol];
    for (const message of ["wörld", Buffer.from([0, 1, 255]), large]) {
      socket.send(message);
      const [data, isBinary] = await once(socket, "message");
      answers.push([Buffer.compare(data, Buffer.from(message)), isBinary]);
    }
    socket.ping();
    await once(socket, "pong");
    socket.send("close");
    const [code, reason] = await once(socket, "close");
    answers.push([code, String(reason)]);
    const other = await open(way);
    other.close(3000, "enough");
    await once(other, "close");
    return answers;
  });
  expect(got).toEqual(["chat.v1", [0, false], [0, true], [0, true], [4001, "as asked"]]);
  expect(closes).toEqual([4001, 3000, 4001, 3000].map((code) => [code, code === 4001 ? "as asked" : "enough"]));
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

test("undici: requests one after the other on one connection, and compressed bytes as they are", async () => {
  const packed = gzipSync("packed ".repeat(1_000));
  origin.sandbox.answer(async (asked, response) => {
    const body = Buffer.concat(await asked.toArray()).toString();
    response.writeHead(asked.method === "PUT" ? 201 : 200, { "Content-Encoding": "gzip", "X-Body": body });
    response.end(packed);
  });
  const got = await both(async (way) => {
    const url = new URL(base(way));
    const pool = new Pool(url.origin, { connections: 1 });
    const answers: unknown[] = [];
    for (const body of ["one", "two", "three"]) {
      const path = `${url.pathname}/1`;
      const answer = await pool.request({ method: "PUT", path, body, headers: bearing(key) });
      const bytes = Buffer.from(await answer.body.arrayBuffer());
      answers.push([answer.statusCode, answer.headers["x-body"], Buffer.compare(bytes, packed)]);
    }
    await pool.close();
    const head = await request(`${url}/1`, { method: "HEAD", headers: bearing(key) });
    answers.push([head.statusCode, head.headers["content-encoding"]]);
    return answers;
  });
  expect(got).toEqual([
    [201, "one", 0],
    [201, "two", 0],
    [201, "three", 0],
    [200, "gzip"],
  ]);
});
