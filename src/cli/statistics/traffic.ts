import { type Command, Option } from "commander";
import { call, example } from "../gateway/call.ts";
import { bars } from "../terminal/bars.ts";
import { EXIT_WRONG_USAGE, Failure } from "../terminal/failure.ts";
import { id, time } from "../terminal/options.ts";
import { dim, grouped, moment, table } from "../terminal/render.ts";

type Times = { p50: number; p95: number; p99: number } | null;

interface Sum {
  hour?: string;
  day?: string;
  environment?: string;
  route?: string;
  requests: number;
  refused: number;
  answers: Record<string, number>;
  gateway_ms: Times;
  origin_ms: Times;
}

interface Options {
  organization?: string;
  environment?: string;
  route?: string;
  from?: string;
  to?: string;
  by?: "route" | "environment" | "hour" | "day";
  sort?: Sort;
}

type Sort = "origin" | "gateway" | "requests";

const VALUES: Record<Sort, (sum: Sum) => number> = {
  origin: ({ origin_ms }) => origin_ms?.p99 ?? -1,
  gateway: ({ gateway_ms }) => gateway_ms?.p99 ?? -1,
  requests: ({ requests }) => requests,
};
const NAMES = ["day", "hour", "environment", "route"] as const;

export function addTraffic(program: Command): void {
  program
    .command("traffic")
    .description(
      "show how long the gateway and the origins took, by route: half, 95 % and 99 % of all requests took no longer (root token only, except with --organization)",
    )
    .addOption(
      new Option("--organization <id>", "of the keys of this organization, org_…, by environment")
        .argParser(id("org"))
        .conflicts("route"),
    )
    .option("--environment <name>", "only this environment")
    .option("--route <path>", "only this route, as configured")
    .option("--from <time>", "from this day or time (default: a day ago)", time)
    .option("--to <time>", "before this day or time", time)
    .addOption(
      new Option("--by <group>", "one line for each (default: route, or environment)").choices([
        ...["route", "environment", "hour", "day"],
      ]),
    )
    .addOption(
      new Option(
        "--sort <by>",
        "the slowest origin or gateway first, or the most requests (default: origin; by time: the earliest)",
      ).choices(Object.keys(VALUES)),
    )
    .addHelpText(
      "after",
      example("traffic", "traffic --route '/signatures/*' --by hour", "traffic --sort gateway --from 2026-11-20"),
    )
    .action(
      call(async (api, { sort, ...options }: Options) => {
        const { path, query } = questionOf(options);
        const answer = await api.get<{ data: Sum[] }>(path, query);
        return { ...answer, body: { data: inOrder(answer.body.data, sort) } };
      }, asTable),
    );
}

function questionOf({ organization, by, ...query }: Omit<Options, "sort">) {
  if (organization === undefined) {
    const group_by = by === undefined || by === "route" ? "environment,route" : by;
    return { path: "/v1/traffic", query: { ...query, group_by } };
  }
  if (by === "route") {
    const problem = "Routes are known only for all organizations together. Leave out --organization.";
    throw new Failure(problem, EXIT_WRONG_USAGE);
  }
  return { path: "/v1/latency", query: { ...query, organization_id: organization, group_by: by ?? "environment" } };
}

function inOrder(data: Sum[], sort: Sort | undefined): Sum[] {
  if (!sort && data.some(isOfTime)) return data;
  const value = VALUES[sort ?? "origin"];
  return data.toSorted((one, other) => value(other) - value(one));
}

const isOfTime = ({ hour, day }: Sum) => hour !== undefined || day !== undefined;

/** Bars show the requests over time, and how slow the origin of each route is. */
function asTable({ data: sums }: { data: Sum[] }): string {
  const [first] = sums;
  if (!first) return "No requests in this time.";
  const groups = NAMES.filter((name) => name in first);
  const drawn = bars(sums.map(VALUES[isOfTime(first) ? "requests" : "origin"]), 12);
  const rows = sums.map((sum, at) => [
    ...groups.map((name) => cellOf(name, sum[name])),
    grouped(sum.requests),
    ...timesOf(sum.gateway_ms),
    ...timesOf(sum.origin_ms),
    drawn[at] ?? "",
  ]);
  const heads = [...groups, "requests", "gateway p50", "p95", "p99", "origin p50", "p95", "p99", ""];
  const requests = sums.reduce((all, sum) => all + sum.requests, 0);
  return `${table(heads, rows)}\n\n${dim(`${grouped(requests)} requests. Milliseconds, rounded up to the next bound.`)}`;
}

const timesOf = (times: Times) => (times ? [times.p50, times.p95, times.p99].map(grouped) : ["–", "–", "–"]);

function cellOf(name: (typeof NAMES)[number], value: string | undefined): string {
  if (!value) return "none";
  if (name === "day") return moment(value).replace(", 00:00 UTC", "");
  return name === "hour" ? moment(value) : value;
}
