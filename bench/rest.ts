/**
 * `npm run proof:rest`: 10,000 keys are used once, and then steadily for three minutes. What that causes is counted in workerd. Fails where D1 is
 * read again for a key that was used before, or where there is more than one batch of D1 a second in any ten seconds.
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

/** A few times a second: what was due meanwhile is sent at once, but not more than this machine can answer in time. */
const TICK_MS = 100;
const MOST_AT_ONCE = 500;
const CONNECTIONS = 32;
/** Two objects ask D1 every five seconds each, at any moment. */
const WINDOW_MS = 10_000;
const NAME = "rest";

interface Second {
  /** Milliseconds after the beginning: on a busy machine a second ends late. */
  readonly endedAt: number;
  readonly counts: Operations;
}

interface Use {
  readonly later: readonly Second[];
  readonly sent: number;
  /** Of these, those that the gateway let pass. */
  readonly passed: number;
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
  await forgetChanges(runtime);
  const gateway = new Pool(new URL(runtime.counters[NAME] as string).origin, { connections: CONNECTIONS });
  try {
    await takeCounts(gateway);
    for (let sent = 0; sent < keys && !stop.signal.aborted; sent += MOST_AT_ONCE) {
      await Promise.all(secrets.slice(sent, sent + MOST_AT_ONCE).map((secret) => useFirst(gateway, secret)));
    }
    const first = await takeCounts(gateway);
    report(first, await useSteadily(gateway, secrets));
  } finally {
    await gateway.close();
  }
}

async function useSteadily(gateway: Pool, secrets: readonly string[]): Promise<Use> {
  const later: Second[] = [];
  const bar = progress("Seconds", seconds);
  const begunAt = performance.now();
  const elapsed = () => performance.now() - begunAt;
  let [sent, passed] = [0, 0];
  for (let second = 1; second <= seconds && !stop.signal.aborted; second++) {
    while (elapsed() < second * 1_000) {
      const due = Math.min(Math.floor((elapsed() * keys) / every / 1_000) - sent, MOST_AT_ONCE);
      const batch = Array.from({ length: due }, (_, n) => use(gateway, secrets[(sent + n) % keys] as string));
      sent += due;
      passed += (await Promise.all(batch)).filter(Boolean).length;
      await setTimeout(TICK_MS);
    }
    later.push({ counts: await takeCounts(gateway), endedAt: elapsed() });
    bar.set(second);
  }
  bar.stop();
  return { later, sent, passed };
}

/** The keys have been there for a while: nobody has to be told of them. */
async function forgetChanges({ db }: Runtime): Promise<void> {
  await db.prepare("DELETE FROM record_changes WHERE number < (SELECT max(number) FROM record_changes)").run();
}

async function useFirst(gateway: Pool, secret: string): Promise<void> {
  while (!(await use(gateway, secret))) await setTimeout(1_000);
}

/** Whether the gateway let it pass. On a busy machine, an object does not always answer in time. */
async function use(gateway: Pool, secret: string): Promise<boolean> {
  const headers = { authorization: `Bearer ${secret}` };
  const { statusCode, body } = await gateway.request({ method: "GET", path: "/production/signatures/1", headers });
  await body.dump();
  if (statusCode !== 200 && statusCode !== 503) throw new Error(`the gateway answered ${statusCode}`);
  return statusCode === 200;
}

async function takeCounts(gateway: Pool): Promise<Operations> {
  const { body } = await gateway.request({ method: "GET", path: "/counts" });
  return (await body.json()) as Operations;
}

function report(first: Operations, { later, sent, passed }: Use): void {
  const sum = (some: readonly Second[], name: keyof Operations) =>
    some.reduce((total, { counts }) => total + counts[name], 0);
  const names = Object.keys(first) as (keyof Operations)[];
  const rows = names.map((name) => [name, grouped(first[name]), grouped(sum(later, name))]);
  const took = (later.at(-1)?.endedAt ?? 0) / 1_000;
  console.log(table(["", "First uses", `${took.toFixed(0)} s`], rows));
  const reads = sum(later, "d1Call") - sum(later, "d1Batch");
  const most = Math.max(...later.map(({ endedAt }) => sum(later.filter(isWithin(endedAt)), "d1Batch")));
  const average = sum(later, "d1Batch") / took;
  console.log(
    `\n${grouped(sent)} requests, each key every ${every} s; ${grouped(sent - passed)} were too slow for this machine. After each key's first use: ${reads} reads of D1.`,
  );
  console.log(`Batches of D1: ${average.toFixed(2)} a second, ${most} at most in ${WINDOW_MS / 1_000} s.`);
  if (reads > 0 || most > WINDOW_MS / 1_000 || passed < sent * 0.99) process.exitCode = 1;
}

function isWithin(end: number): (second: Second) => boolean {
  return ({ endedAt }) => endedAt <= end && endedAt > end - WINDOW_MS;
}
