/** `npm run scale`: lists, search and look-ups of keys in a local D1 that holds a million. Fails where one takes too long. */

import { Presets, SingleBar } from "cli-progress";
import Table from "cli-table3";
import { Command, InvalidArgumentError } from "commander";
import { KEY_SORTS } from "../src/store/key-list.ts";
import { SELECT_KEY } from "../src/store/keys.ts";
import { listCases, type Middles, type ScaleCase } from "./scale-cases.ts";
import { idOf, organizationId } from "./scale-data.ts";
import { startFilled } from "./scale-state.ts";
import type { D1Database } from "./seed.ts";

const ROUNDS = 5;
const LOOKUP_MS = 2;

const { keys } = new Command("npm run scale --")
  .description("Fills a local D1 with keys, and measures what it takes D1 to list, search and find them.")
  .option("--keys <count>", "how many keys; a tenth of them in one organization", count, 1_000_000)
  .parse()
  .opts<{ keys: number }>();

const bar = new SingleBar(
  { format: "Making keys {bar} {value} of {total}, {eta_formatted} left" },
  Presets.shades_classic,
);
bar.start(keys, 0);
const miniflare = await startFilled(keys, (made) => bar.update(made));
bar.stop();
try {
  const db = await miniflare.getD1Database("DB", "scale");
  const cases = [...listCases(await middlesOf(db)), ...lookups()];
  const measured: Measured[] = [];
  for (const each of cases) measured.push({ ...each, ...(await measure(db, each)) });
  process.stdout.write(`${tableOf(measured)}\n`);
  const slow = measured.filter(({ ms, bound }) => ms > bound);
  for (const { filter, sort, page, ms, bound } of slow) {
    process.stderr.write(`Too slow: ${filter}, by ${sort}, ${page} page: ${ms} ms, and ${bound} are allowed\n`);
  }
  process.exitCode = slow.length > 0 ? 1 : 0;
} finally {
  await miniflare.dispose();
}

interface Measured extends ScaleCase {
  /** Of D1's own measure, the median. */
  readonly ms: number;
  readonly rows: number;
}

async function measure(db: D1Database, { sql, values }: ScaleCase): Promise<{ ms: number; rows: number }> {
  const times: number[] = [];
  let rows = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const { meta, results } = await db
      .prepare(sql)
      .bind(...values)
      .all();
    times.push(meta.duration);
    rows = results.length;
  }
  return { ms: times.toSorted((one, other) => one - other)[Math.floor(ROUNDS / 2)] as number, rows };
}

async function middlesOf(db: D1Database): Promise<Middles> {
  const middles: Record<string, unknown> = {};
  for (const sort of KEY_SORTS) {
    const column = sort.replace("-", "");
    const value = column === "last_used_at" ? "coalesce(last_used_at, 0)" : column;
    const collation = column === "name" ? "COLLATE NOCASE" : "";
    middles[sort] = await db
      .prepare(
        `SELECT ${value} AS value, id FROM api_keys WHERE organization_id = ?1
         ORDER BY ${value} ${collation}, id LIMIT 1 OFFSET ?2`,
      )
      .bind(organizationId(0), Math.floor(keys / 20))
      .first();
  }
  return middles as Middles;
}

function lookups(): ScaleCase[] {
  const some = { sort: "", page: "first", bound: LOOKUP_MS } as const;
  const key = idOf("key", Math.floor(keys / 2));
  return [
    {
      ...some,
      filter: "one key, by its id",
      sql: `SELECT ${SELECT_KEY} FROM api_keys k WHERE k.id = ?1`,
      values: [key],
    },
    {
      ...some,
      filter: "one key, by a secret that is none",
      sql: "SELECT key_id, hash FROM api_key_secrets WHERE hash IN (?1, ?2)",
      values: ["one", "other"],
    },
  ];
}

/** A row a filter; in each cell the first page, the deep page and the one before it. */
function tableOf(measured: readonly Measured[]): string {
  const table = new Table({ head: ["D1's ms, first / deep page / the one before", ...KEY_SORTS, "count"] });
  for (const [filter, cases = []] of Object.entries(Object.groupBy(measured, ({ filter }) => filter))) {
    const cells = Object.values(Object.groupBy(cases, ({ sort }) => sort));
    table.push([filter, ...cells.map((pages = []) => pages.map(({ ms }) => ms.toFixed(0)).join(" / "))]);
  }
  return table.toString();
}

function count(text: string): number {
  if (!(Number(text) >= 10_000)) throw new InvalidArgumentError("Give a number of at least 10000.");
  return Number(text);
}
