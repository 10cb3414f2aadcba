/** `keygate cost`: what the configured gateway costs for a given traffic, and how much it can carry. */

import { type Command, Option } from "commander";
import { compile } from "../../config/compile.ts";
import { DAY_SECONDS, MINUTE_MS } from "../../domain/durations.ts";
import { NO_LIMITS } from "../../domain/limits.ts";
import { example } from "../gateway/call.ts";
import { adviceOn } from "../model/advice.ts";
import { type Model, modelOf } from "../model/model.ts";
import type { Traffic } from "../model/traffic.ts";
import { costTable, dollars, partsTable, totalOf, waitsInWords } from "../model/words.ts";
import { Failure } from "../terminal/failure.ts";
import { wholeNumber } from "../terminal/options.ts";
import { progress } from "../terminal/progress.ts";
import { grouped, list } from "../terminal/render.ts";
import { checkedConfig } from "./checked-config.ts";
import { DEFAULT_CONFIG, page } from "./project.ts";

interface Options {
  config?: string;
  requests: number;
  keys: number;
  isolates: number;
  organizations?: number;
  scrape?: number;
  plan?: string;
  even?: boolean;
}

const KEYS_OF_ORGANIZATION = 10;
const LONGER_TTL_MS = 10_000;

export function addCost(program: Command): void {
  program
    .command("cost")
    .description("calculate what this gateway costs on Cloudflare for your traffic, and how much it can carry")
    .addOption(new Option("--requests <number>", "requests a second").argParser(wholeNumber).default(100))
    .addOption(new Option("--keys <number>", "keys in use").argParser(wholeNumber).default(1_000))
    .addOption(new Option("--isolates <number>", "isolates that serve them").argParser(wholeNumber).default(10))
    .addOption(new Option("--organizations <number>", "that have the keys (default: a tenth)").argParser(wholeNumber))
    .addOption(
      new Option("--scrape <seconds>", "how often metrics are scraped (default: never)").argParser(wholeNumber),
    )
    .option("--plan <name>", "the plan that the keys are on (default: no limits)")
    .option("--even", "all keys are used equally (default: by Zipf's law)")
    .option("--config <file>", "use this file instead of gateway.config.ts")
    .addHelpText("after", example("cost --requests 2000 --keys 10000 --isolates 50 --plan scale"))
    .action(cost);
}

async function cost(options: Options, command: Command): Promise<void> {
  for (const name of ["requests", "keys", "isolates", "organizations", "scrape"] as const) {
    if (options[name] !== undefined && options[name] < 1) command.error(`error: --${name} must be at least 1.`);
  }
  const traffic = trafficOf(await checkedConfig(options.config ?? DEFAULT_CONFIG), options);
  const model = simulate("As it is", traffic);
  const isLonger = traffic.leaseTtlMs < LONGER_TTL_MS;
  const patient = isLonger ? simulate("10 s", { ...traffic, leaseTtlMs: LONGER_TTL_MS }) : undefined;
  if (command.optsWithGlobals().json) console.log(JSON.stringify(model, null, 2));
  else console.log(inWords(model, patient));
}

function trafficOf({ config }: Awaited<ReturnType<typeof checkedConfig>>, options: Options): Traffic {
  const { plans, leaseTtlMs, collectors, feeds, retention, requestLog, writesDataPoints } = compile(config);
  const limits = options.plan === undefined ? NO_LIMITS : plans[options.plan];
  if (!limits)
    throw new Failure(`There is no plan ${options.plan}. The plans are: ${list(Object.keys(plans), "none")}.`);
  return {
    ...{ perSecond: options.requests, keys: options.keys, isolates: options.isolates, limits, leaseTtlMs },
    organizations: options.organizations ?? Math.ceil(options.keys / KEYS_OF_ORGANIZATION),
    keepsRequests: requestLog.keptMs > 0,
    ...{ collectors, feeds, usageDays: retention.usageDays, dataPoints: writesDataPoints },
    scrapeSeconds: options.scrape ?? Number.POSITIVE_INFINITY,
    ...{ skew: options.even ? 0 : 1, isolateLifeMs: 10 * MINUTE_MS, regions: REGIONS },
  };
}

/** Most clients are near where the key's authority is; the others are an ocean away. */
const REGIONS: Traffic["regions"] = [
  { share: 0.6, roundTripMs: 6 },
  { share: 0.4, roundTripMs: 90 },
];

function simulate(label: string, traffic: Traffic): Model {
  const bar = progress(label, 1_000);
  const model = modelOf(traffic, (done, total) => bar.set((done / total) * 1_000));
  bar.stop();
  return model;
}

function inWords(model: Model, patient: Model | undefined): string {
  const { traffic, dollarsPerMillion } = model;
  const perMillion = totalOf(dollarsPerMillion);
  const perMonth = (perMillion * traffic.perSecond * 30 * DAY_SECONDS) / 1e6;
  return [
    `${grouped(traffic.perSecond)} requests a second by ${grouped(traffic.keys)} keys in ${grouped(traffic.isolates)} isolates, leases of ${traffic.leaseTtlMs / 1_000} s`,
    `${dollars(perMillion)} for a million requests, $${grouped(Math.round(perMonth))} for 30 days like this, beyond what the plan includes`,
    costTable(model),
    waitsInWords(model),
    partsTable(model),
    ...adviceOn(model),
    ...(patient ? [withLongerLeases(perMillion, patient, traffic.leaseTtlMs)] : []),
    `Prices and limits: see ${page("scale")}. Logs, egress and the origins are not included.`,
  ].join("\n\n");
}

function withLongerLeases(perMillion: number, patient: Model, ttlMs: number): string {
  const changed = totalOf(patient.dollarsPerMillion);
  return [
    `With leases.ttlSeconds: ${LONGER_TTL_MS / 1_000}, a million requests cost ${dollars(changed)} instead of ${dollars(perMillion)}.`,
    `A revocation is then in force after ${LONGER_TTL_MS / 1_000 + 0.5} s at most, instead of ${ttlMs / 1_000 + 0.5} s.`,
  ].join(" ");
}
