/** The client of what lasts, a separate process: one run for each message, answered with how many were moved in a second. */

import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { WebSocket } from "ws";
import { EVENT, type Flow, type FlowLoad, MEBIBYTE, MESSAGE } from "./flow.ts";

interface Moving extends FlowLoad {
  readonly agent: Agent;
  /** Ends all that is under way. */
  readonly stop: AbortSignal;
  moved(units: number): void;
}

const BODY = Buffer.alloc(MEBIBYTE, "body ");
/** Messages of one WebSocket that are under way at once. */
const WINDOW = 8;
const WARM_UP_MS = 250;

const MOVES: Record<Flow, (moving: Moving) => Promise<void>> = {
  "1 MiB down": (moving) => repeatedly(moving, () => call(moving)),
  "1 MiB down, chunked": (moving) => repeatedly(moving, () => call(moving)),
  "1 MiB up": (moving) => repeatedly(moving, () => call(moving, BODY)),
  async events(moving) {
    for await (const chunk of await begin(moving)) moving.moved((chunk as Buffer).length / EVENT.length);
  },
  async "WebSocket messages"({ url, secret, stop, moved }) {
    const socket = new WebSocket(url.replace("http:", "ws:"), { headers: bearing(secret) });
    stop.addEventListener("abort", () => socket.terminate());
    await once(socket, "open", { signal: stop });
    socket.on("message", () => {
      moved(1);
      socket.send(MESSAGE);
    });
    for (let n = 0; n < WINDOW; n++) socket.send(MESSAGE);
    await once(socket, "close");
  },
};

process.on("message", async (load: FlowLoad) => process.send?.(await run(load)));
process.on("disconnect", () => process.exit());

async function run(load: FlowLoad): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: load.connections });
  const stop = new AbortController();
  let units = 0;
  let failure: unknown;
  const moved = (more: number) => {
    units += more;
  };
  const moves = Array.from({ length: load.connections }, () =>
    MOVES[load.flow]({ ...load, agent, stop: stop.signal, moved }).catch((error) => {
      if (!stop.signal.aborted) failure = error;
    }),
  );
  await later(WARM_UP_MS);
  const [before, begunAt] = [units, performance.now()];
  await later(load.seconds * 1000);
  const perSecond = ((units - before) / (performance.now() - begunAt)) * 1000;
  stop.abort();
  await Promise.all(moves);
  agent.destroy();
  if (failure) throw failure;
  return perSecond;
}

async function repeatedly({ stop, moved }: Moving, once: () => Promise<void>): Promise<void> {
  while (!stop.aborted) {
    await once();
    moved(1);
  }
}

async function call(moving: Moving, body?: Buffer): Promise<void> {
  const answer = await begin(moving, body);
  await once(answer.resume(), "end", { signal: moving.stop });
}

async function begin({ url, secret, agent, stop }: Moving, body?: Buffer): Promise<IncomingMessage> {
  const headers = { ...bearing(secret), ...(body && { "Content-Length": body.length }) };
  const asked = request(url, { method: body ? "POST" : "GET", agent, headers, signal: stop });
  asked.end(body);
  const [answer] = (await once(asked, "response", { signal: stop })) as [IncomingMessage];
  if (answer.statusCode !== 200) throw new Error(`${url} answered ${answer.statusCode}`);
  return answer;
}

const bearing = (secret: string) => ({ Authorization: `Bearer ${secret}` });
const later = (ms: number) => new Promise((done) => setTimeout(done, ms));
