/** What is moved through the gateway, and checked at both ends. */

import { once } from "node:events";
import { Agent, get, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { Origin } from "../test/helpers/origin.ts";

export interface Passage {
  readonly origin: Origin;
  /** Of a route of the gateway that leads to it. */
  readonly url: string;
  readonly headers: Record<string, string>;
}

const CHUNK = Buffer.alloc(256 * 1024, "soak ");
/** The most that a route can take. */
const MAX_UPLOADED = 500 * 2 ** 20;
const EVERY_MS = 500;

export async function download({ origin, url, headers }: Passage, bytes: number): Promise<void> {
  origin.answer((_, response) => {
    response.setHeader("Content-Length", bytes);
    return writeAll(response, bytes);
  });
  const answer = await answerOf(get(url, { headers }));
  let received = 0;
  for await (const chunk of answer) received += (chunk as Buffer).length;
  if (received !== bytes) throw new Error(`${received} of ${bytes} bytes came down`);
}

/** As many requests as it takes. */
export async function upload({ origin, url, headers }: Passage, bytes: number): Promise<void> {
  let received = 0;
  origin.answer(async (asked, response) => {
    for await (const chunk of asked) received += (chunk as Buffer).length;
    response.end();
  });
  for (let left = bytes; left > 0; left -= MAX_UPLOADED) {
    const length = Math.min(left, MAX_UPLOADED);
    const asked = request(url, { method: "POST", headers: { ...headers, "Content-Length": length } });
    const answered = answerOf(asked);
    await writeAll(asked, length);
    await once((await answered).resume(), "end");
  }
  if (received !== bytes) throw new Error(`${received} of ${bytes} bytes came up`);
}

/** Numbered events on each of them, all of which have to come, in order. */
export async function stream(
  { origin, url, headers }: Passage,
  streams: number,
  seconds: number,
): Promise<{ sent: number; lost: number }> {
  const events = Math.floor((seconds * 1000) / EVERY_MS);
  origin.answer((_, response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    let next = 0;
    const writing = setInterval(() => {
      response.write(`data: ${next++}\n\n`);
      if (next < events) return;
      clearInterval(writing);
      response.end();
    }, EVERY_MS);
  });
  const agent = new Agent({ maxSockets: streams });
  const expected = Array.from({ length: events }, (_, n) => `data: ${n}\n\n`).join("");
  const received = await Promise.all(
    Array.from({ length: streams }, async () =>
      String(Buffer.concat(await (await answerOf(get(url, { headers, agent }))).toArray())),
    ),
  );
  const lost = received.filter((text) => text !== expected).map((text) => events - text.split("\n\n").length + 1);
  return { sent: streams * events, lost: lost.reduce((sum, each) => sum + Math.max(1, each), 0) };
}

/** The longest time, in milliseconds, until the origin knew: half of them leave before the answer has begun. */
export async function leave({ origin, url, headers }: Passage, times: number): Promise<number> {
  let longest = 0;
  for (let n = 0; n < times; n++) {
    const [asked, left] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    origin.answer((coming, response) => {
      coming.socket.once("close", () => left.resolve());
      if (n % 2) response.write("first");
      asked.resolve();
    });
    const asking = get(url, { headers, agent: new Agent() });
    asking.on("error", () => {});
    await (n % 2
      ? answerOf(asking).then((answer) =>
          once(
            answer.on("error", () => {}),
            "data",
          ),
        )
      : asked.promise);
    const leftAt = performance.now();
    asking.socket?.resetAndDestroy();
    await left.promise;
    longest = Math.max(longest, performance.now() - leftAt);
  }
  return longest;
}

async function writeAll(to: ServerResponse | ReturnType<typeof request>, bytes: number): Promise<void> {
  for (let left = bytes; left > 0; left -= CHUNK.length) {
    if (!to.write(left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK)) await once(to, "drain");
  }
  to.end();
}

async function answerOf(asked: ReturnType<typeof request>): Promise<IncomingMessage> {
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  if (answer.statusCode !== 200) throw new Error(`the gateway answered ${answer.statusCode}`);
  return answer;
}
