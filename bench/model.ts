/**
 * `npm run model`: what typical traffic costs, and where the gateway ends, by simulation. The same on every run. Fails where a part is
 * above half of its limit.
 */

import { collectorsFor } from "../src/cli/model/collectors.ts";
import { feedsFor } from "../src/cli/model/feeds.ts";
import { type Model, modelOf } from "../src/cli/model/model.ts";
import { usageDaysFor } from "../src/cli/model/parts.ts";
import { groupsOf, type Traffic } from "../src/cli/model/traffic.ts";
import {
  amount,
  barOf,
  costTable,
  dollars,
  partsTable,
  percent,
  totalOf,
  waitsInWords,
} from "../src/cli/model/words.ts";
import { progress } from "../src/cli/terminal/progress.ts";
import { grouped, table } from "../src/cli/terminal/render.ts";
import { printChoices } from "./model-choices.ts";

const USUAL = {
  skew: 1,
  isolateLifeMs: 600_000,
  regions: [
    { share: 0.6, roundTripMs: 6 },
    { share: 0.4, roundTripMs: 90 },
  ],
  // More than any of the keys is used.
  limits: { rates: [{ name: "second", limit: 100_000, window: 1, burst: 100_000 }], quotas: [] },
  leaseTtlMs: 2_000,
  usageDays: 90,
  keepsRequests: true,
  dataPoints: false,
  scrapeSeconds: Number.POSITIVE_INFINITY,
} satisfies Partial<Traffic>;

/** With as many collectors and feeds as `keygate cost` recommends, and as many days of usage as D1 has room for. */
const MIXES: readonly Traffic[] = [
  { ...USUAL, perSecond: 100, keys: 1_000, organizations: 100, isolates: 10 },
  { ...USUAL, perSecond: 2_000, keys: 10_000, organizations: 1_000, isolates: 50 },
  { ...USUAL, perSecond: 20_000, keys: 100_000, organizations: 10_000, isolates: 400 },
  { ...USUAL, perSecond: 200_000, keys: 400_000, organizations: 40_000, isolates: 4_000 },
].map((traffic) => {
  const groups = groupsOf(traffic);
  const usageDays = Math.min(traffic.usageDays, usageDaysFor(groups, traffic));
  return { ...traffic, usageDays, collectors: collectorsFor(groups, traffic), feeds: feedsFor(traffic) };
});

if (process.argv[2] === "choices") {
  printChoices(USUAL);
  process.exit();
}

const models = MIXES.map((traffic) => {
  const bar = progress(`${grouped(traffic.perSecond)}/s`, 1_000);
  const model = modelOf(traffic, (done, total) => bar.set((done / total) * 1_000));
  bar.stop();
  return model;
});

for (const model of models) {
  console.log(`\n${nameOf(model)}\n\n${costTable(model)}\n\n${waitsInWords(model)}\n\n${partsTable(model)}`);
}
console.log(`\nDollars for a million requests\n\n${curve((model) => totalOf(model.dollarsPerMillion), dollars)}`);
console.log(`\nRequests that wait\n\n${curve((model) => model.shareThatWaited, percent)}`);
console.log(`\nD1 queries a second\n\n${curve((model) => model.parts[0]?.load ?? 0, amount)}`);

const isOver = models.flatMap((model) =>
  model.parts.filter(({ load, limit }) => load > limit / 2).map((part) => ({ model, part })),
);
for (const { model, part } of isOver)
  process.stderr.write(`${nameOf(model)}: ${part.name} is above half of its limit\n`);
process.exitCode = isOver.length > 0 ? 1 : 0;

function nameOf({ traffic }: Model): string {
  return `${grouped(traffic.perSecond)} requests a second, ${grouped(traffic.keys)} keys, ${grouped(traffic.isolates)} isolates`;
}

function curve(measure: (model: Model) => number, shown: (value: number) => string): string {
  const values = models.map(measure);
  const most = Math.max(...values);
  return table(
    ["Keys in use", "", ""],
    models.map((model, at) => {
      const value = values[at] as number;
      return [grouped(model.traffic.keys), shown(value), barOf(value / most, 40)];
    }),
  );
}
