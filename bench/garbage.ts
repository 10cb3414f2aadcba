/**
 * What the collection of garbage takes of each request, by the profiler of V8. A full collection comes once in many thousands of requests,
 * so medians of short measurements leave it out.
 */

import type { Case } from "./cases.ts";
import type { Client } from "./client.ts";
import { type Inspector, inspect } from "./inspector.ts";
import type { Runtime } from "./runtime.ts";

export interface Garbage {
  readonly name: string;
  /** Of the isolate's thread. */
  readonly micros: number;
}

/** Some full collections. */
const REQUESTS = 60_000;
/** In turns, so that a slow time of the machine falls on all cases. */
const TURNS = 6;
const SAMPLE_MICROS = 500;

interface Profile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: { readonly functionName: string } }[];
  /** Ids of nodes. */
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

export async function measureGarbage(
  cases: readonly Case[],
  { urls }: Pick<Runtime, "urls">,
  inspectorPort: number,
  client: Client,
  connections: number,
): Promise<Garbage[]> {
  const spent = new Map(cases.map(({ name }) => [name, 0]));
  const show = ({ worker, path, secrets }: Case, amount: number) =>
    client.run({ url: urls[worker] + path, secrets, order: "in turn", connections, seconds: 1, amount });
  for (const each of cases) await show(each, REQUESTS / TURNS);
  for (let turn = 0; turn < TURNS; turn++) {
    for (const each of cases) {
      const inspector = await inspect(inspectorPort, each.worker);
      try {
        const micros = await profiled(inspector, () => show(each, REQUESTS / TURNS));
        spent.set(each.name, (spent.get(each.name) ?? 0) + micros);
      } finally {
        inspector.close();
      }
    }
  }
  return cases.map(({ name }) => ({ name, micros: (spent.get(name) ?? 0) / REQUESTS }));
}

/** Microseconds of collections while `work` runs. */
async function profiled(inspector: Inspector, work: () => Promise<unknown>): Promise<number> {
  await inspector.ask("Profiler.enable");
  await inspector.ask("Profiler.setSamplingInterval", { interval: SAMPLE_MICROS });
  await inspector.ask("Profiler.start");
  await work();
  const { profile } = (await inspector.ask("Profiler.stop")).result as { profile: Profile };
  const isCollection = ({ callFrame }: Profile["nodes"][number]) => callFrame.functionName === "(garbage collector)";
  const collections = new Set(profile.nodes.filter(isCollection).map(({ id }) => id));
  return profile.timeDeltas.reduce(
    (sum, micros, n) => (collections.has(profile.samples[n] as number) ? sum + micros : sum),
    0,
  );
}
