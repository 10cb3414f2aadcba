/** The origin's end of a WebSocket, frame by frame. https://www.rfc-editor.org/rfc/rfc6455 */

import { createHash } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";

const TEXT = 1;
const CLOSE = 8;

/** Accepts the next handshake, and then is deaf: it answers nothing, and sends a text now and then. */
export async function tickNextSocket(server: Server, everyMs: number): Promise<Socket> {
  const [request, socket] = (await once(server, "upgrade")) as [IncomingMessage, Socket];
  handshake(request, socket);
  const ticking = setInterval(() => socket.write(frameOf(TEXT, Buffer.from("tick"))), everyMs);
  socket.on("error", () => {});
  socket.on("close", () => clearInterval(ticking));
  return socket.resume();
}

/** Accepts the next handshake, with the first protocol that was offered; echoes texts, and answers `close <code>` by closing. */
export async function echoNextSocket(
  server: Server,
): Promise<{ request: IncomingMessage; closedWith: Promise<number> }> {
  const [request, socket] = (await once(server, "upgrade")) as [IncomingMessage, Socket];
  handshake(request, socket);
  const { promise: closedWith, resolve } = Promise.withResolvers<number>();
  let pending = Buffer.alloc(0);
  socket.on("error", () => resolve(0));
  socket.on("end", () => socket.end());
  socket.on("close", () => resolve(0));
  socket.on("data", (bytes) => {
    pending = Buffer.concat([pending, bytes]);
    for (let frame = frameIn(pending); frame; frame = frameIn(pending)) {
      pending = pending.subarray(frame.length);
      if (frame.opcode === CLOSE) {
        resolve(frame.payload.length > 1 ? frame.payload.readUInt16BE() : 1005);
        socket.end(frameOf(CLOSE, frame.payload));
        return;
      }
      const [, code] = /^close (\d+)$/.exec(frame.payload.toString()) ?? [];
      socket.write(code ? frameOf(CLOSE, closing(Number(code), "as asked")) : frameOf(TEXT, frame.payload));
    }
  });
  return { request, closedWith };
}

function handshake({ headers }: IncomingMessage, socket: Socket): void {
  const key = headers["sec-websocket-key"];
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  const [protocol] = (headers["sec-websocket-protocol"] ?? "").split(",");
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n${
      protocol ? `Sec-WebSocket-Protocol: ${protocol}\r\n` : ""
    }\r\n`,
  );
}

function closing(code: number, reason: string): Buffer {
  const payload = Buffer.alloc(2 + reason.length);
  payload.writeUInt16BE(code);
  payload.write(reason, 2);
  return payload;
}

function frameOf(opcode: number, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x80 | opcode, payload.length]), payload]);
}

/** The first frame, if it is whole. They are short, and those of clients are masked. */
function frameIn(bytes: Buffer): { opcode: number; payload: Buffer; length: number } | undefined {
  if (bytes.length < 6) return undefined;
  const size = (bytes[1] as number) & 0x7f;
  if (bytes.length < 6 + size) return undefined;
  const mask = bytes.subarray(2, 6);
  const payload = Buffer.from(bytes.subarray(6, 6 + size).map((byte, at) => byte ^ (mask[at % 4] as number)));
  return { opcode: (bytes[0] as number) & 0x0f, payload, length: 6 + size };
}
