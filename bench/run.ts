/** `npm run bench`: what the gateway costs, beside a bare proxy and one that does the same work without deciding. */

import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { Command, InvalidArgumentError } from "commander";
import { inProject, shown } from "../src/cli/operate/project.ts";
import { freePort } from "../test/helpers/gateway.ts";
import { CASES, type Case, groupsOf, prepareCases } from "./cases.ts";
import { startClient, startFlowClient, startOrigin } from "./client.ts";
import { type FlowRow, flowCases, flowTableOf, measureFlow } from "./flows.ts";
import { type Garbage, measureGarbage } from "./garbage.ts";
import { type Memory, measureMemory } from "./memory.ts";
import { OpenLoad, type Opens, tablesOf } from "./open.ts";
import { costTableOf, type Row, rowsOf, type Shown, tableOf } from "./report.ts";
import { isOfGateway, type Runtime, type RuntimeOptions, startRuntime } from "./runtime.ts";
import { checkSameWork } from "./same-work.ts";
import { Shower } from "./shower.ts";
import type { Operations } from "./workers/counting.ts";

interface Options {
  readonly rounds: number;
  readonly seconds: number;
  readonly counting: number;
  readonly connections: number;
  readonly keys: number;
  readonly open: number;
  readonly delayed: number;
  readonly rate: number | undefined;
  readonly betterAuth: boolean;
  readonly only: readonly string[];
}

/** Requests a second of keys that no isolate has seen; more than the local KV and authorities can do. */
const COLD_RATE = 800;
/**
 * The size of V8's semi-space, which holds young objects, in MB. V8 begins with less, comes to this under lasting load, and can go back.
 * The larger it is, the longer and the rarer are its pauses. So all isolates under open load have this size from the start.
 */
const YOUNG_MEGABYTES = 16;
/** The case of which the collection of garbage is measured, beside equal. */
const HOT = "hot key";
const RESULTS = inProject("bench", "results.json");

const options: Options = new Command("npm run bench --")
  .description("Measures the gateway on workerd, and writes bench/results.json.")
  .option("--rounds <count>", "how often each case is measured", positive, 5)
  .option("--seconds <seconds>", "how long each time", positive, 1.2)
  .option(
    "--counting <seconds>",
    "how long calls are counted; in a minute isolates and objects do all that they do",
    positive,
    60,
  )
  .option("--connections <count>", "requests under way at once", positive, 32)
  .option("--keys <count>", "how many keys the row of many keys has, each shown once before", positive, 100_000)
  .option("--open <seconds>", "how long each time under open load", positive, 5)
  .option("--delayed <seconds>", "how long isolates with delays are under load before they are measured", positive, 60)
  .option("--rate <count>", "requests a second under open load, instead of half of what equal can do", positive)
  .option("--better-auth", "measure the API key plugin of better-auth on D1 too", false)
  .option("--only <names>", "cases whose names begin so, with commas between; bare and equal always run", names, [])
  .parse()
  .opts();

// Node still calls the stripping of types, which the yardsticks need, an experiment.
process.removeAllListeners("warning");
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => stop.abort());

const begunAt = performance.now();
const origin = await startOrigin();
const client = startClient();
try {
  say("Showing 100,000 keys to one isolate");
  const memory = await measureMemory(client, options.connections, stop.signal);
  const { betterAuth } = options;
  const { rows, flows } = await onRuntime({ counted: CASES.filter(isCounted), betterAuth }, measureClosed);
  const v8Flags = `--min-semi-space-size=${YOUNG_MEGABYTES} --max-semi-space-size=${YOUNG_MEGABYTES}`;
  const hasOpen = CASES.some((each) => each.open && each.name !== "equal" && isWanted(each));
  const garbage = isWanted({ name: HOT }) ? await collectGarbage() : [];
  const opens = hasOpen ? await onRuntime({ v8Flags, betterAuth }, measureOpen) : { atHalf: [], withDelays: [] };
  write(rows, opens, flows, memory, garbage);
} finally {
  client.stop();
  origin.stop();
}

async function onRuntime<T>(
  runtimeOptions: RuntimeOptions,
  measure: (runtime: Runtime, cases: readonly Case[]) => Promise<T>,
): Promise<T> {
  const runtime = await startRuntime(origin.url, stop.signal, runtimeOptions);
  try {
    say("Making keys");
    const colds = Math.ceil((options.rounds + 1) * (options.seconds + 0.5) * COLD_RATE);
    return await measure(runtime, await prepareCases(runtime, colds, options.keys));
  } finally {
    await runtime.stop();
  }
}

async function measureClosed(runtime: Runtime, cases: readonly Case[]): Promise<{ rows: Row[]; flows: FlowRow[] }> {
  const secret = cases[0]?.secrets[0] as string;
  await checkSameWork(runtime, secret);
  const flows = await measureFlows(runtime, secret);
  const shower = new Shower(runtime, client, options);
  const yardsticks = cases.filter(({ worker }) => worker === "bare" || worker === "equal");
  const rows: Row[] = [];
  for (const group of groupsOf(cases.filter(isWanted))) {
    const rounds = await measureAll([...yardsticks, ...group], shower);
    rows.push(...rowsOf(rounds, await countAll(group.filter(isCounted), shower)));
  }
  return { rows, flows };
}

async function measureOpen(runtime: Runtime, cases: readonly Case[]): Promise<Opens> {
  const equal = cases.find(({ name }) => name === "equal") as Case;
  const openLoad = new OpenLoad(runtime, new Shower(runtime, client, options), equal, options, say);
  try {
    const wanted = cases.filter(isWanted);
    for (const group of groupsOf(wanted)) await openLoad.addNear(group);
    return await openLoad.end(wanted);
  } finally {
    openLoad.stop();
  }
}

async function collectGarbage(): Promise<Garbage[]> {
  const inspectorPort = await freePort();
  return await onRuntime({ inspectorPort }, async (runtime, cases) => {
    say("Collecting garbage");
    const compared = cases.filter(({ name }) => name === "equal" || name === HOT);
    return await measureGarbage(compared, runtime, inspectorPort, client, options.connections);
  });
}

async function measureFlows(runtime: Runtime, secret: string): Promise<FlowRow[]> {
  const flowClient = startFlowClient();
  try {
    const rows: FlowRow[] = [];
    for (const each of flowCases(runtime).filter(isWanted)) {
      say(`What lasts: ${each.name}`);
      rows.push(await measureFlow(each, flowClient, secret, options));
    }
    return rows;
  } finally {
    flowClient.stop();
  }
}

async function measureAll(cases: readonly Case[], shower: Shower): Promise<Record<string, Shown[]>> {
  for (const each of cases.filter(({ warm }) => warm)) {
    say(`Warming up: ${each.name}`);
    await shower.warm(each);
  }
  const rounds: Record<string, Shown[]> = Object.fromEntries(cases.map(({ name }) => [name, []]));
  for (let round = 1; round <= options.rounds; round++) {
    // There and back, so that what changes with time does not always fall on the same cases.
    for (const each of round % 2 ? cases : cases.toReversed()) {
      say(`Round ${round} of ${options.rounds}: ${each.name}`);
      rounds[each.name]?.push(await shower.show(each));
    }
  }
  return rounds;
}

async function countAll(cases: readonly Case[], shower: Shower): Promise<Record<string, Operations>> {
  const counts: Record<string, Operations> = {};
  for (const each of cases) {
    say(`Counting calls: ${each.name}`);
    counts[each.name] = await shower.count(each);
  }
  return counts;
}

function write(
  rows: readonly Row[],
  opens: Opens,
  flows: readonly FlowRow[],
  memory: Memory,
  garbage: readonly Garbage[],
): void {
  const results = { options, processors: availableParallelism(), rows, opens, flows, memory, garbage };
  writeFileSync(RESULTS, `${JSON.stringify(results, null, 2)}\n`);
  process.stdout.write(`${tableOf(rows)}\n${costTableOf(rows)}\n${tablesOf(opens)}\n${flowTableOf(flows)}\n`);
  for (const { name, micros } of garbage) {
    process.stdout.write(`Collecting the garbage of a request takes ${micros.toFixed(1)} µs: ${name}\n`);
  }
  const [before, after] = [memory.before, memory.after].map((bytes) => (bytes / 2 ** 20).toFixed(0));
  process.stdout.write(`Memory of workerd: ${before} MiB, and ${after} MiB once it has seen ${memory.keys} keys\n`);
  say(`Wrote ${shown(RESULTS)}`);
}

function isWanted({ name }: { readonly name: string }): boolean {
  const { only } = options;
  return only.length === 0 || only.some((beginning) => name.startsWith(beginning));
}

function isCounted(each: Pick<Case, "name" | "worker">): boolean {
  return isOfGateway(each.worker) && each.worker !== "delayed" && isWanted(each);
}

function say(text: string): void {
  stop.signal.throwIfAborted();
  process.stderr.write(`${((performance.now() - begunAt) / 1000).toFixed(0).padStart(4)} s  ${text}\n`);
}

function positive(text: string): number {
  if (!(Number(text) > 0)) throw new InvalidArgumentError("Give a number above 0.");
  return Number(text);
}

function names(text: string): string[] {
  return text.split(",").map((name) => name.trim());
}
