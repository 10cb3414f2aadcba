/**
 * `npm run soak:usage`: much traffic of many keys over two isolates, with refusals and errors of origins of every kind, while the
 * gateway is killed now and then. Fails where usage or the kept requests are not what the documentation promises.
 */

import Table from "cli-table3";
import { Command } from "commander";
import { wholeNumber } from "../src/cli/terminal/options.ts";
import { progress } from "../src/cli/terminal/progress.ts";
import { type DirectGateway, startIsolates } from "../test/helpers/direct.ts";
import { startOrigin } from "../test/helpers/origin.ts";
import { makeKeys } from "./usage-kinds.ts";
import { Sender } from "./usage-load.ts";
import { Judge, type Verdict } from "./usage-verdict.ts";

const SHOWN_FAULTS = 20;
/** Requests are kept about a minute after their answers. */
const KEPT_WITHIN_MS = 150_000;
const AGAIN_MS = 10_000;
/** While the process is being killed. */
const SENT_AT_ONCE = 48;

interface Options {
  readonly requests: number;
  readonly keys: number;
  readonly kills: number;
}

const options: Options = new Command("npm run soak:usage --")
  .description("Sends requests of every kind, and compares them with what the gateway has counted and kept.")
  .option("--requests <count>", "how many requests", wholeNumber, 100_000)
  .option("--keys <count>", "of how many keys", wholeNumber, 1_000)
  .option("--kills <count>", "how often the gateway is killed meanwhile", wholeNumber, 2)
  .parse()
  .opts();

process.removeAllListeners("warning");
const origin = await startOrigin();
origin.answer((request, response) => {
  request.resume();
  origin.seen.length = 0;
  if (request.url?.endsWith("/slow")) return;
  response.statusCode = Number(/status-(\d+)/.exec(request.url ?? "")?.[1] ?? 200);
  response.end("{}");
});
const isolates = await startIsolates(
  `import { guarding } from "PROJECT/test/e2e/configs/base.ts";
   export default guarding({ production: "${origin.url}", sandbox: "${origin.url}/base" });`,
  2,
);
const gateway = isolates[0] as DirectGateway;
try {
  await soak();
} finally {
  await gateway.stop();
  gateway.forget();
  await origin.stop();
}

async function soak(): Promise<void> {
  const making = progress("Keys", options.keys);
  let made = 0;
  const keys = await makeKeys(gateway, options.keys, () => making.set(++made));
  making.stop();
  const sender = new Sender(
    isolates.map(({ port }) => port),
    keys,
  );
  const kills: number[] = [];
  const bar = progress("Requests", options.requests);
  let answered = 0;
  for (let part = 0; part <= options.kills; part++) {
    if (part > 0) kills.push(await kill(sender));
    await sender.send(Math.ceil(options.requests / (options.kills + 1)), () => bar.set(++answered));
  }
  bar.stop();
  await sender.stop();
  const judge = new Judge(gateway, sender, kills);
  const verdicts = await untilRight([() => judge.usage(), () => judge.requests(), () => judge.lastUses()]);
  show(sender, verdicts);
}

/** Isolates and objects, in the midst of traffic. Miniflare kills the process before it starts another one. */
async function kill(sender: Sender): Promise<number> {
  const before = sender.broken.length;
  const restarted = gateway.restart();
  while (sender.broken.length === before) await sender.send(SENT_AT_ONCE);
  const killedAt = Date.now();
  await restarted;
  return killedAt;
}

/** What is counted is shown some seconds later, and what is kept a minute. */
async function untilRight(judges: readonly (() => Promise<Verdict>)[]): Promise<Verdict[]> {
  const endAt = performance.now() + KEPT_WITHIN_MS;
  for (;;) {
    const verdicts: Verdict[] = [];
    for (const judge of judges) verdicts.push(await judge());
    const isRight = verdicts.every(({ faults }) => faults.length === 0);
    if (isRight || performance.now() > endAt) return verdicts;
    await new Promise((later) => setTimeout(later, AGAIN_MS));
  }
}

function show(sender: Sender, [usage, requests, lastUses]: readonly Verdict[]): void {
  const table = new Table({ head: ["outcome", "sent", "usage", "kept"], style: { head: [], border: [] } });
  const used = new Map(usage?.rows.map(([outcome, , counted]) => [outcome, counted]));
  for (const [outcome, sent, counted] of requests?.rows ?? [])
    table.push([outcome, sent, used.get(outcome) ?? "", counted]);
  const forwarded = usage?.rows.find(([outcome]) => outcome === "forwarded");
  table.push(["forwarded", forwarded?.[1] ?? 0, forwarded?.[2] ?? 0, ""]);
  process.stdout.write(`${table}\n${sender.broken.length} requests had no answer, which kills cut off\n`);
  const faults = [usage, requests, lastUses].flatMap((verdict) => verdict?.faults ?? []);
  for (const fault of faults.slice(0, SHOWN_FAULTS)) process.stderr.write(`${fault}\n`);
  if (faults.length > 0) throw new Error(`${faults.length} differences`);
}
