/** The two other processes: the origin, and the client that makes the load. */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { inProject } from "../src/cli/operate/project.ts";
import type { FlowLoad } from "./flow.ts";
import type { Order } from "./order.ts";

export interface Load {
  readonly url: string;
  /** One for each request. */
  readonly secrets: readonly string[];
  readonly order: Order;
  readonly connections: number;
  readonly seconds: number;
  /** So many requests, however long they take. */
  readonly amount?: number;
}

export interface Measured {
  readonly perSecond: number;
  /** Milliseconds, of the client. */
  readonly p50: number;
  readonly p99: number;
  /** Answers by status. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly errors: number;
  /** Requests that were made and that were answered, those of the warm-up too. */
  readonly made: number;
  readonly answered: number;
}

export interface Client {
  run(load: Load): Promise<Measured>;
  stop(): void;
}

/** Requests that begin when they are due. */
export interface OpenLoad extends Pick<Load, "secrets" | "order" | "seconds"> {
  /** In turn. */
  readonly urls: readonly string[];
  readonly perSecond: number;
}

export interface OpenMeasured extends Pick<Measured, "p50" | "p99" | "statuses" | "answered"> {
  readonly p999: number;
  readonly due: number;
}

export interface OpenClient {
  run(load: OpenLoad): Promise<OpenMeasured>;
  stop(): void;
}

export interface FlowClient {
  /** How many were moved in a second. */
  run(load: FlowLoad): Promise<number>;
  stop(): void;
}

export function startClient(): Client {
  return clientOf<Load, Measured>("load.ts");
}

export function startOpenClient(): OpenClient {
  return clientOf<OpenLoad, OpenMeasured>("open-load.ts");
}

export function startFlowClient(): FlowClient {
  return clientOf<FlowLoad, number>("flow-load.ts");
}

function clientOf<Wanted extends object, Told>(file: string) {
  const child = start(file);
  return {
    async run(load: Wanted): Promise<Told> {
      child.send(load);
      return answerOf(child);
    },
    // It may have ended already, by what failed.
    stop: () => void (child.connected && child.disconnect()),
  };
}

export async function startOrigin(): Promise<{ url: string; stop(): void }> {
  const child = start("origin.ts");
  return { url: `http://127.0.0.1:${await answerOf<number>(child)}`, stop: () => child.disconnect() };
}

/** Each ends when its channel does, and so also when this process dies. */
function start(file: string): ChildProcess {
  // What was never answered took infinitely long, which JSON cannot say.
  return fork(inProject("bench", file), { serialization: "advanced" });
}

async function answerOf<T>(child: ChildProcess): Promise<T> {
  const answered = new AbortController();
  const ended = once(child, "exit", answered).then(() => Promise.reject(new Error(`${child.spawnargs.at(-1)} ended`)));
  try {
    const [answer] = await Promise.race([once(child, "message", answered), ended]);
    return answer as T;
  } finally {
    ended.catch(() => undefined);
    answered.abort();
  }
}
