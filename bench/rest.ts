/**
 * `npm run proof:rest`: 10,000 keys are used steadily for three minutes, and what that causes is counted in workerd. Fails where D1 is
 * read again for a key that was used before, or where there is more than one batch of D1 a second.
 */

import { setTimeout } from "node:timers/promises";
import { Command } from "commander";
import { Pool } from "undici";
import { wholeNumber } from "../src/cli/terminal/options.ts";
import { progress } from "../src/cli/terminal/progress.ts";
import { grouped, table } from "../src/cli/terminal/render.ts";
import { startOrigin } from "./client.ts";
import { type Runtime, startRuntime } from "./runtime.ts";
import { seedKeys } from "./seed.ts";
import type { Operations } from "./workers/counting.ts";

const { keys, seconds, every } = new Command("npm run proof:rest --")
  .description("Counts what keys cause that are used steadily.")
  .option("--keys <count>", "how many", wholeNumber, 10_000)
  .option("--seconds <count>", "for how long", wholeNumber, 180)
  .option("--every <seconds>", "how often each is used", wholeNumber, 30)
  .parse()
  .opts<{ keys: number; seconds: number; every: number }>();

/** A few times a second: what was sent meanwhile is sent at once. */
const TICK_MS = 100;
const CONNECTIONS = 32;
const NAME = "rest";

interface Second {
  /** Of the keys, those that were used for the first time. */
  readonly firsts: number;
  readonly counts: Operations;
}

process.removeAllListeners("warning");
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => stop.abort());
const origin = await startOrigin();
try {
  const runtime = await startRuntime(origin.url, stop.signal, { counted: [{ name: NAME, worker: "keygate" }] });
  await prove(runtime).finally(() => runtime.stop());
} finally {
  origin.stop();
}

async function prove(runtime: Runtime): Promise<void> {
  const secrets = (await seedKeys(runtime.db, "ample", keys)).map(({ secret }) => secret);
  const gateway = new Pool(new URL(runtime.counters[NAME] as string).origin, { connections: CONNECTIONS });
  const all: Second[] = [];
  const bar = progress("Seconds", seconds);
  try {
    await takeCounts(gateway);
    const begunAt = performance.now();
    let sent = 0;
    for (let second = 1; second <= seconds && !stop.signal.aborted; second++) {
      const before = sent;
      for (let now = performance.now(); now < begunAt + second * 1_000; now = performance.now()) {
        const due = Math.floor((((now - begunAt) / 1_000) * keys) / every);
        const batch = Array.from({ length: due - sent }, (_, n) => use(gateway, secrets[(sent + n) % keys] as string));
        sent = due;
        await Promise.all(batch);
        await setTimeout(TICK_MS);
      }
      all.push({ firsts: Math.max(0, Math.min(sent, keys) - before), counts: await takeCounts(gateway) });
      bar.set(second);
    }
    bar.stop();
    report(all, sent);
  } finally {
    await gateway.close();
  }
}

async function use(gateway: Pool, secret: string): Promise<void> {
  const headers = { authorization: `Bearer ${secret}` };
  const { statusCode, body } = await gateway.request({ method: "GET", path: "/production/signatures/1", headers });
  await body.dump();
  if (statusCode !== 200) throw new Error(`the gateway answered ${statusCode}`);
}

async function takeCounts(gateway: Pool): Promise<Operations> {
  const { body } = await gateway.request({ method: "GET", path: "/counts" });
  return (await body.json()) as Operations;
}

function report(all: readonly Second[], sent: number): void {
  const last = all.findLastIndex(({ firsts }) => firsts > 0);
  // Its questions may still have been under way.
  const [first, later] = [all.slice(0, last + 2), all.slice(last + 2)];
  const names = Object.keys(all[0]?.counts ?? {}) as (keyof Operations)[];
  const sum = (some: readonly Second[], name: keyof Operations) =>
    some.reduce((total, { counts }) => total + counts[name], 0);
  const rows = names.map((name) => [name, grouped(sum(first, name)), grouped(sum(later, name))]);
  console.log(table(["", `first ${first.length} s`, `other ${later.length} s`], rows));
  const reads = sum(later, "d1Call") - sum(later, "d1Batch");
  const batches = sum(all, "d1Batch") / all.length;
  console.log(`\n${grouped(sent)} requests. After each key's first use: ${reads} reads of D1.`);
  console.log(
    `Batches of D1: ${batches.toFixed(2)} a second, ${Math.max(...all.map(({ counts }) => counts.d1Batch))} at most in one.`,
  );
  if (reads > 0 || batches > 1) process.exitCode = 1;
}
