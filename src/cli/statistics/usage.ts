import { type Command, Option } from "commander";
import { call, example } from "../gateway/call.ts";
import { bars } from "../terminal/bars.ts";
import { id, names, time, wholeNumber } from "../terminal/options.ts";
import { type Cell, dim, grouped, moment, shorten, table } from "../terminal/render.ts";

type Sum = { requests: number; refused: number } & Record<string, string | number | null> & {
    /** Absent in the answers of 0.2, as is the next. */
    answers?: Record<string, number>;
    failed?: number;
  };

interface Options {
  organization?: string;
  key?: string;
  environment?: string;
  route?: string;
  outcome?: string[];
  from?: string;
  to?: string;
  groupBy?: string[];
  sort?: string;
  limit?: number;
  limited?: true;
  failing?: true;
}

const MAX_NAME = 36;
/** Rows that the gateway sends of those that it sorts, by default and at most. */
const USUAL_ROWS = 100;
const MAX_ROWS = 1_000;
const LIMITED = ["rate_exceeded", "quota_exceeded"];
const GROUPS = ["hour", "day", "environment", "organization_id", "key_id", "route", "outcome"];

export function addUsage(program: Command): void {
  program
    .command("usage")
    .description("show how many requests keys made, and how they ended")
    .optionsGroup("Which requests:")
    .option("--organization <id>", "of this organization, org_… (default: of all, today; root token only)", id("org"))
    .option("--key <id>", "only this key, key_…", id("key"))
    .option("--environment <name>", "only this environment")
    .option("--route <path>", "only this route, as configured")
    .option("--outcome <a,b>", "only these: forwarded, or codes of refusals", names)
    .option("--from <time>", "from this day or time (default: a day ago)", time)
    .option("--to <time>", "before this day or time", time)
    .optionsGroup("What to show:")
    .addOption(new Option("--limited", "the keys that were refused by a limit").conflicts(["outcome", "failing"]))
    .addOption(
      new Option(
        "--failing",
        "the keys with the most requests that were refused, or answered with 4xx or 5xx",
      ).conflicts("sort"),
    )
    .option("--group-by <a,b>", "one or more of hour, day, environment, organization, key, route, outcome", names)
    .addOption(
      new Option("--sort <by>", "sort by this, the greatest first").choices([
        "requests",
        "refused",
        "failed",
        "response_bytes",
      ]),
    )
    .option("--limit <number>", "show at most this many (default: 100, of a list that is sorted)", wholeNumber)
    .addHelpText(
      "after",
      example(
        "usage --limited",
        "usage --failing",
        "usage --organization org_2bX4 --group-by key,outcome --from 2026-11-01",
      ),
    )
    .action(
      call(
        (api, options: Options) => api.get<{ data: Sum[] }>("/v1/usage", queryOf(options)),
        ({ data }, _, options) => asTable(data, isCut(data, options)),
      ),
    );
}

function queryOf({ organization, key, environment, route, from, to, limit, ...wanted }: Options) {
  const { limited, failing, outcome = limited && LIMITED, sort = failing && "failed" } = wanted;
  const isOfAll = organization === undefined && key === undefined;
  const usual = limited ? ["key", "outcome"] : failing ? ["key"] : isOfAll ? ["organization"] : ["day"];
  return {
    ...{ organization_id: organization, key_id: key, environment, route, from, to },
    ...{ outcome: outcome?.join(","), sort, limit: limit?.toString() },
    group_by: (wanted.groupBy ?? usual).join(","),
  };
}

/** Whether there can be more rows. Those of one organization come whole, in the order of time, if nothing else is asked for. */
function isCut(sums: Sum[], { organization, key, sort, failing, limit }: Options): boolean {
  const isOfAll = organization === undefined && key === undefined;
  const isTop = isOfAll || sort !== undefined || failing === true || limit !== undefined;
  return isTop && sums.length >= (limit ?? USUAL_ROWS);
}

function asTable(sums: Sum[], isCut: boolean): string {
  const [first] = sums;
  if (!first) return "No requests in this time.";
  // A key's organization is named with the key.
  const groups = GROUPS.filter((name) => name in first && !(name === "organization_id" && "key_id" in first));
  const hasFailed = sums.some(({ failed, refused }) => failed !== undefined && failed !== refused);
  const answers = Object.keys(first.answers ?? {}).filter((name) => sums.some((sum) => (sum.answers?.[name] ?? 0) > 0));
  const drawn = bars(sums.map((sum) => (hasFailed ? (sum.failed ?? 0) : sum.requests)));
  const rows = sums.map((sum, at): Cell[] => [
    ...groups.map((name) => cellOf(name, sum)),
    grouped(sum.requests),
    grouped(sum.refused),
    ...(hasFailed ? [grouped(sum.failed ?? 0)] : []),
    ...(sums.length > 1 ? [drawn[at] ?? ""] : []),
    ...answers.map((name) => grouped(sum.answers?.[name] ?? 0)),
  ]);
  const total = (of: "requests" | "refused") => grouped(sums.reduce((all, row) => all + row[of], 0));
  const heads = [...groups.map((name) => name.replace("_id", "")), "requests", "refused"];
  if (hasFailed) heads.push("failed");
  if (sums.length > 1) heads.push("");
  heads.push(...answers.map((name) => name.replace("_", " ")));
  const more = `There can be more. Raise --limit (at most ${grouped(MAX_ROWS)}) to see them.`;
  const all = `${total("requests")} requests, ${total("refused")} refused${isCut ? ` in these rows. ${more}` : ""}`;
  return `${table(heads, rows)}\n\n${dim(all)}`;
}

/** An organization or a key by its name, where that is known, and its id. */
function cellOf(group: string, sum: Sum): Cell {
  const value = sum[group];
  const name = group.endsWith("_id") ? sum[group.replace("_id", "_name")] : undefined;
  if (name !== undefined) {
    const own = [shorten(String(name ?? "deleted"), MAX_NAME), String(value)];
    return group === "key_id" ? [...own, String(sum.organization_name ?? ""), String(sum.organization_id)] : own;
  }
  if (value === undefined || value === null || value === "") return "none";
  if (group === "day") return moment(String(value)).replace(", 00:00 UTC", "");
  return group === "hour" ? moment(String(value)) : String(value);
}
