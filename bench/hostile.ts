/**
 * `npm run bench:hostile`: requests that are made to cost as much as possible before they are refused, in processor time of
 * workerd, beside an ordinary 401. Fails where one of them costs the gateway more than it may.
 */

import { Presets, SingleBar } from "cli-progress";
import Table from "cli-table3";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { startDirect } from "../test/helpers/direct.ts";
import { freePort } from "../test/helpers/gateway.ts";
import { bearing, seed } from "../test/helpers/seed.ts";
import { HOSTILE, type HostileCase, ORDINARY } from "./hostile-cases.ts";
import { childrenNamed, processorMicros } from "./process.ts";
import { sendInTurn } from "./send-in-turn.ts";

/** Of the gateway's own code: what workerd itself takes to read the request, a bare Worker takes too. */
const MAX_MICROS = 2_000;
/** A slow machine is slow for an ordinary 401 too, which costs some 100 µs: then the bound is as many times higher. */
const MAX_TIMES_ORDINARY = 20;
const WARM_UP_REQUESTS = 1_000;
const REQUESTS = 20;
/** What comes near the bound is measured again: a collection of garbage, and other work of the machine, only ever add to it. */
const NEAR = 1 / 4;
const TRIES = 4;
const ROUNDS = 5;
const SHOWN = 20;

interface Server {
  readonly port: number;
  readonly pid: number;
}

interface Cost {
  readonly name: string;
  readonly statuses: readonly string[];
  /** Of one request, of the gateway and of a bare Worker. */
  readonly micros: number;
  readonly bareMicros: number;
}

process.removeAllListeners("warning");
const barePort = await freePort();
const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    workers: [
      {
        name: "bare",
        modules: true,
        script: "export default { fetch: () => new Response(null, { status: 401 }) };",
        compatibilityDate: "2026-10-01",
        unsafeDirectSockets: [{ host: "127.0.0.1", port: barePort }],
      },
    ],
  }),
);
await miniflare.ready;
const [barePid = 0] = childrenNamed("workerd");
const gateway = await startDirect(`
  import { guarding } from "PROJECT/test/e2e/configs/base.ts";
  const base = guarding({ production: "http://127.0.0.1:2", sandbox: "http://127.0.0.1:3" });
  const file = { path: "/files/:name", origin: "main", resource: "signatures" };
  export default { ...base, routes: [...base.routes, file] };
`);
const own: Server = { port: gateway.port, pid: childrenNamed("workerd").find((pid) => pid !== barePid) as number };
const bare: Server = { port: barePort, pid: barePid };
const { Authorization: credential = "" } = bearing(await (await seed(gateway)).key());
try {
  await measure();
} finally {
  await Promise.all([gateway.stop(), miniflare.dispose()]);
  gateway.forget();
}

async function measure(): Promise<void> {
  for (const server of [own, bare]) await sendInTurn(server.port, bytesOf(ORDINARY), WARM_UP_REQUESTS);
  const ordinary = await leastCostOf(ORDINARY, 0);
  const bound = Math.max(MAX_MICROS, MAX_TIMES_ORDINARY * ordinary.micros);
  const costs = await costsOf(HOSTILE, bound);
  costs.sort((one, other) => extraOf(other) - extraOf(one));
  process.stdout.write(`${tableOf([ordinary, ...costs.slice(0, SHOWN)], ordinary)}\n`);
  const tooMuch = costs.filter((cost) => extraOf(cost) > bound);
  process.stdout.write(
    `${costs.length} kinds; ${tooMuch.length} cost more than ${Math.round(bound)} µs of the gateway's own\n`,
  );
  if (tooMuch.length > 0) process.exitCode = 1;
}

/** What costs too much is measured again at the end: the runtime may have been compiling, or short of memory. */
async function costsOf(cases: readonly HostileCase[], bound: number): Promise<Cost[]> {
  const found = new Map<HostileCase, Cost>();
  let left = cases;
  for (let round = 0; round < ROUNDS && left.length > 0; round++) {
    const bar = new SingleBar({ format: "Sending {bar} {value} of {total}" }, Presets.shades_classic);
    bar.start(left.length, 0);
    for (const each of left) {
      found.set(each, await leastCostOf(each, bound * NEAR));
      bar.increment();
    }
    bar.stop();
    left = left.filter((each) => extraOf(found.get(each) as Cost) > bound);
  }
  return [...found.values()];
}

async function leastCostOf(each: HostileCase, settled: number): Promise<Cost> {
  let least = await costOf(each);
  for (let tries = 1; tries < TRIES && extraOf(least) > settled; tries++) {
    const { micros, bareMicros } = await costOf(each);
    least = { ...least, micros: Math.min(micros, least.micros), bareMicros: Math.min(bareMicros, least.bareMicros) };
  }
  return least;
}

async function costOf(each: HostileCase): Promise<Cost> {
  const bytes = bytesOf(each);
  const [{ statuses, micros }, { micros: bareMicros }] = [await send(own, bytes), await send(bare, bytes)];
  return { name: each.name, statuses, micros, bareMicros };
}

async function send({ port, pid }: Server, bytes: string): Promise<{ statuses: string[]; micros: number }> {
  await sendInTurn(port, bytes, 2);
  const before = processorMicros(pid);
  const statuses = await sendInTurn(port, bytes, REQUESTS);
  return { statuses: [...new Set(statuses)], micros: (processorMicros(pid) - before) / statuses.length };
}

function bytesOf({ plane, method = "GET", path = "/signatures/1", headers = [], key }: HostileCase): string {
  const [host, target] = plane === "control" ? ["localhost", path] : ["127.0.0.1", `/sandbox${path}`];
  const lines = [`Host: ${host}:${gateway.port}`, ...headers, ...(key ? [`Authorization: ${credential}`] : [])];
  return [`${method} ${target} HTTP/1.1`, ...lines, "", ""].join("\r\n");
}

function extraOf({ micros, bareMicros }: Cost): number {
  return micros - bareMicros;
}

function tableOf(costs: readonly Cost[], ordinary: Cost): string {
  const table = new Table({
    head: ["request", "answer", "CPU µs", "of which workerd", "own, of an ordinary 401's"],
    colAligns: ["left", "left", "right", "right", "right"],
    style: { head: [], border: [] },
  });
  for (const cost of costs) {
    const times = extraOf(cost) / extraOf(ordinary);
    table.push([
      cost.name,
      cost.statuses.join(", "),
      ...[cost.micros, cost.bareMicros].map((n) => n.toFixed(0)),
      times.toFixed(1),
    ]);
  }
  return table.toString();
}
