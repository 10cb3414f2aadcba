/** What an isolate holds for the keys that it has seen. */

import type { Client } from "./client.ts";
import { type Runtime, startRuntime } from "./runtime.ts";
import { newSecret } from "./seed.ts";

export interface Memory {
  readonly keys: number;
  /** Resident bytes of workerd, before it had seen them and after. */
  readonly before: number;
  readonly after: number;
}

const KEYS = 100_000;
const PORTION = 10_000;
const MAX_SECONDS = 45;
/** Of each isolate, in MB; workerd dies where one needs more. It may take 128 in all: https://developers.cloudflare.com/workers/platform/limits/#memory */
const HEAP = 80;

/** Fewer keys where the machine is too slow for all of them. They may do nothing, so that no origin is asked. */
export async function measureMemory(client: Client, connections: number, stop: AbortSignal): Promise<Memory> {
  const runtime = await startRuntime("http://127.0.0.1", stop, { v8Flags: `--max-old-space-size=${HEAP}` });
  try {
    return await showKeys(runtime, client, connections);
  } finally {
    await runtime.stop();
  }
}

async function showKeys({ urls, memory }: Runtime, client: Client, connections: number): Promise<Memory> {
  const url = `${urls.near}/production/signatures/1`;
  const show = (secrets: string[]) =>
    client.run({ url, secrets, order: "in turn", connections, seconds: 1, amount: PORTION });
  // The same traffic with one key: what any traffic takes is not what keys take.
  await show([newSecret()]);
  const before = memory();
  const endAt = performance.now() + MAX_SECONDS * 1000;
  let keys = 0;
  while (keys < KEYS && performance.now() < endAt) {
    await show(Array.from({ length: PORTION }, newSecret));
    keys += PORTION;
  }
  return { keys, before, after: memory() };
}
