import { describe, expect, onTestFinished, test } from "vitest";
import type { Refusal } from "../../../src/errors.ts";
import type { Watch } from "../../../src/gateway/admit/watch.ts";
import { relaySocket } from "../../../src/gateway/answer/socket.ts";

/** A WebSocket through the gateway, from its client to its origin. `revoke`: what the watch does then. */
function open() {
  const { 0: upstream, 1: origin } = new WebSocketPair();
  let stop: ((refusal: Refusal) => void) | undefined;
  const watch = {
    over(onRefusal: typeof stop) {
      stop = onRefusal;
      return () => {
        stop = undefined;
      };
    },
  } as unknown as Watch;
  const answer = new Response(null, { status: 101, webSocket: upstream });
  const client = relaySocket(answer, upstream, watch).webSocket as WebSocket;
  for (const end of [client, origin]) {
    end.binaryType = "arraybuffer";
    end.accept({ allowHalfOpen: true });
  }
  return { client, origin, revoke: () => stop?.({ code: "key_revoked" }), isWatched: () => stop !== undefined };
}

const next = <T extends Event>(socket: WebSocket, kind: "message" | "close") =>
  new Promise<T>((done) => socket.addEventListener(kind, (event) => done(event as unknown as T), { once: true }));

/** So many bytes wait in each WebSocket. The runtime tells that itself since November 2026. */
function keepBehind(bytes: number): void {
  const own = Object.getOwnPropertyDescriptor(WebSocket.prototype, "bufferedAmount");
  Object.defineProperty(WebSocket.prototype, "bufferedAmount", { configurable: true, get: () => bytes });
  onTestFinished(() => {
    if (own) Object.defineProperty(WebSocket.prototype, "bufferedAmount", own);
    else Reflect.deleteProperty(WebSocket.prototype, "bufferedAmount");
  });
}

describe("A WebSocket that is watched", () => {
  test.each(["text", "", "\uFFFD", new Uint8Array([0, 255, 1]).buffer])(
    "passes messages both ways: %j",
    async (data) => {
      const { client, origin } = open();
      const received = [next<MessageEvent>(origin, "message"), next<MessageEvent>(client, "message")];
      client.send(data);
      origin.send(data);
      expect((await Promise.all(received)).map((event) => event.data)).toEqual([data, data]);
    },
  );

  test("ends with its key: the client is told why, the origin that the gateway went away", async () => {
    const { client, origin, revoke } = open();
    const closed = [next<CloseEvent>(client, "close"), next<CloseEvent>(origin, "close")];
    revoke();
    expect((await Promise.all(closed)).map(({ code, reason }) => [code, reason])).toEqual([
      [1008, "the key can no longer do this"],
      [1001, ""],
    ]);
  });

  test("is watched until both ends have closed", async () => {
    const { client, origin, isWatched } = open();
    const heard = next<CloseEvent>(origin, "close");
    client.close(3000, "enough");
    expect([(await heard).code, isWatched()]).toEqual([3000, true]);
    const answered = next<CloseEvent>(client, "close");
    origin.close(3001, "too");
    expect([(await answered).code, isWatched()]).toEqual([3001, false]);
  });

  test.each([
    { from: "origin", to: "client" },
    { from: "client", to: "origin" },
  ] as const)("is closed at both ends where more than 32 MiB from the $from wait for the $to", async ({ from }) => {
    const ends = open();
    keepBehind(32 * 2 ** 20 + 1);
    const closed = [next<CloseEvent>(ends.client, "close"), next<CloseEvent>(ends.origin, "close")];
    ends[from].send("one too many");
    expect((await Promise.all(closed)).map(({ code, reason }) => [code, reason])).toEqual([
      [1013, "messages arrive faster than they are accepted"],
      [1013, "messages arrive faster than they are accepted"],
    ]);
    expect(ends.isWatched()).toBe(false);
  });

  test("passes on what comes while 32 MiB wait", async () => {
    const { client, origin } = open();
    keepBehind(32 * 2 ** 20);
    const received = next<MessageEvent>(client, "message");
    origin.send("the last");
    expect((await received).data).toBe("the last");
  });
});
