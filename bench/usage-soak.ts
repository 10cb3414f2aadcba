/**
 * `npm run soak:usage`: much traffic of many keys over two isolates, with refusals and errors of origins of every kind, while the
 * gateway is killed now and then. Fails where usage, the kept requests, the histograms or what is paid for are not what the documentation
 * and the model of costs promise.
 */

import Table from "cli-table3";
import { Command } from "commander";
import { seeded } from "../src/cli/model/random.ts";
import { wholeNumber } from "../src/cli/terminal/options.ts";
import { progress } from "../src/cli/terminal/progress.ts";
import { type DirectGateway, startIsolates } from "../test/helpers/direct.ts";
import { startOrigin } from "../test/helpers/origin.ts";
import { countedEntry } from "./usage-entry.ts";
import { makeKeys } from "./usage-kinds.ts";
import { Sender } from "./usage-load.ts";
import { inWords, type Loss, lossesOf, lossFaults } from "./usage-losses.ts";
import { judgeD1, judgeRequests, Meter, type Part } from "./usage-operations.ts";
import { judgeTimes, timedKind, waitOf } from "./usage-times.ts";
import { Judge, type Verdict } from "./usage-verdict.ts";

const SHOWN_FAULTS = 20;
/** Requests are kept, and keys are written, about a minute after their answers. */
const KEPT_WITHIN_MS = 150_000;
const AGAIN_MS = 10_000;
/** While the process is being killed. */
const SENT_AT_ONCE = 48;
const TIMED_REQUESTS = 1_200;

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
  const { url = "" } = request;
  request.resume();
  origin.seen.length = 0;
  if (url.endsWith("/slow")) return;
  response.statusCode = Number(/status-(\d+)/.exec(url)?.[1] ?? 200);
  setTimeout(() => response.end("{}"), waitOf(url));
});
const isolates = await startIsolates(
  `import { guarding } from "PROJECT/test/e2e/configs/base.ts";
   export default guarding({ production: "${origin.url}", sandbox: "${origin.url}/base" });`,
  2,
  { around: countedEntry },
);
const gateway = isolates[0] as DirectGateway;
const ports = isolates.map(({ port }) => port);
const meter = new Meter(ports);
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
  await meter.forget();
  const sender = new Sender(ports, keys);
  const begunAt = Date.now();
  const { kills, parts } = await sendAll(sender);
  const random = seeded(2);
  const timed = await sender.sendTimed(TIMED_REQUESTS, () => timedKind(random));
  await sender.stop();
  const losses = lossesOf(gateway.output(), ports, kills, begunAt);
  const judge = new Judge(gateway, sender, losses);
  const verdicts = await untilRight({
    usage: () => judge.usage(),
    requests: () => judge.requests(),
    traffic: () => judge.traffic(),
    lastUses: () => judge.lastUses(),
    times: () => judgeTimes(judge, timed),
    d1: async () => judgeD1(await meter.take(), gateway, sender.sent),
  });
  show(sender, losses, { ...verdicts, objects: judgeRequests(parts, keys) });
}

/** All but those that are timed. */
async function sendAll(sender: Sender): Promise<{ kills: number[]; parts: Part[] }> {
  const [kills, parts] = [[] as number[], [] as Part[]];
  const bar = progress("Requests", options.requests);
  let answered = 0;
  for (let n = 0; n <= options.kills; n++) {
    if (n > 0) kills.push(await kill(sender));
    const [before, first, begunAt] = [await meter.take(), sender.sent.length, performance.now()];
    await sender.send(Math.ceil(options.requests / (options.kills + 1)), () => bar.set(++answered));
    const [after, seconds] = [await meter.take(), (performance.now() - begunAt) / 1_000];
    parts.push({ sent: sender.sent.slice(first), seconds, counted: after.objectRequest - before.objectRequest });
  }
  bar.stop();
  return { kills, parts };
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

/** What is counted is shown some seconds later, and what is kept or written a minute. */
async function untilRight<Name extends string>(
  judges: Readonly<Record<Name, () => Promise<Verdict>>>,
): Promise<Record<Name, Verdict>> {
  const endAt = performance.now() + KEPT_WITHIN_MS;
  for (;;) {
    const verdicts = {} as Record<Name, Verdict>;
    for (const name in judges) verdicts[name] = await judges[name]();
    const isRight = Object.values<Verdict>(verdicts).every(({ faults }) => faults.length === 0);
    if (isRight || performance.now() > endAt) return verdicts;
    await new Promise((later) => setTimeout(later, AGAIN_MS));
  }
}

type Verdicts = Readonly<Record<"usage" | "requests" | "traffic" | "lastUses" | "times" | "d1" | "objects", Verdict>>;

function show(sender: Sender, losses: readonly Loss[], verdicts: Verdicts): void {
  const { usage, requests, traffic, times, d1, objects } = verdicts;
  const countIn = ({ rows }: Verdict, outcome: string) => rows.find(([name]) => name === outcome)?.[2] ?? "";
  const counts = requests.rows.map(([outcome, sent, kept]) => [
    ...[outcome, sent, countIn(usage, outcome), countIn(traffic, outcome), kept],
  ]);
  const forwarded = usage.rows.find(([outcome]) => outcome === "forwarded");
  write(["outcome", "sent", "usage", "traffic", "kept"], [...counts, [...(forwarded ?? []), "", ""]]);
  write(["", "client, ms", "gateway + origin"], times.rows);
  write(["", "model", "counted"], [...objects.rows, ...d1.rows]);
  process.stdout.write(`${sender.broken.length} requests had no answer, which kills cut off\n`);
  for (const loss of losses) process.stdout.write(`${inWords(loss)}\n`);
  const faults = [...Object.values(verdicts).flatMap((verdict) => verdict.faults), ...lossFaults(losses)];
  for (const fault of faults.slice(0, SHOWN_FAULTS)) process.stderr.write(`${fault}\n`);
  if (faults.length > 0) throw new Error(`${faults.length} differences`);
}

function write(head: string[], rows: readonly (readonly (string | number)[])[]): void {
  const lines = new Table({ head, style: { head: [], border: [] } });
  lines.push(...rows.map((row) => [...row]));
  process.stdout.write(`${lines}\n`);
}
