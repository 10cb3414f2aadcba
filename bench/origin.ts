/** The origin, a separate process. It answers at once; by the end of the path, with something else. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { EVENT, MEBIBYTE } from "./flow.ts";

const BODY = JSON.stringify({ id: "sig_1", name: "Acme", html: "x".repeat(200) });
const LARGE = Buffer.alloc(MEBIBYTE, "large ");
const EVENTS = EVENT.repeat(64);

const ANSWERS: Record<string, (request: IncomingMessage, response: ServerResponse) => void> = {
  /** What headers came. */
  echo: (request, response) => void response.end(JSON.stringify(request.headers)),
  large: (_, response) => void response.setHeader("Content-Length", LARGE.length).end(LARGE),
  chunked: (_, response) => void response.write(LARGE, () => response.end()),
  upload: (request, response) => void request.on("end", () => response.end(BODY)).resume(),
  events: (_, response) => {
    response.setHeader("Content-Type", "text/event-stream");
    // As fast as they are taken.
    const more = () => {
      while (!response.destroyed && response.write(EVENTS));
    };
    response.on("drain", more);
    more();
  },
};

const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
  response.setHeader("Content-Type", "application/json");
  response.setHeader("ETag", '"1"');
  const answer = ANSWERS[request.url?.split("/").at(-1) ?? ""];
  if (answer) answer(request, response);
  else response.end(BODY);
});
new WebSocketServer({ server }).on("connection", (socket) => socket.on("message", (data) => socket.send(data)));
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
process.on("disconnect", () => process.exit());
