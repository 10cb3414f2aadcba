import type { Command } from "commander";
import { call, example } from "../gateway/call.ts";
import { id, names, time } from "../terminal/options.ts";
import { dim, grouped, moment, table } from "../terminal/render.ts";

type Sum = { requests: number; refused: number } & Record<string, string | number>;

interface Options {
  organization: string;
  key?: string;
  environment?: string;
  from?: string;
  to?: string;
  groupBy: string[];
}

const TIMES = ["hour", "day"];

export function addUsage(program: Command): void {
  program
    .command("usage")
    .description("show how many requests keys made, and how many were refused")
    .optionsGroup("Required:")
    .requiredOption("--organization <id>", "the organization, org_…", id("org"))
    .optionsGroup("Options:")
    .option("--key <id>", "only this key, key_…", id("key"))
    .option("--environment <name>", "only this environment")
    .option("--from <time>", "from this day or time (default: a day ago)", time)
    .option("--to <time>", "before this day or time", time)
    .option("--group-by <a,b>", "of hour, day, environment, key, route, outcome", names, ["day"])
    .addHelpText(
      "after",
      example(
        "usage --organization org_2bX4 --from 2026-11-01",
        "usage --organization org_2bX4 --group-by key,outcome",
      ),
    )
    .action(
      call(
        (api, { organization, key, groupBy, ...rest }: Options) =>
          api.get<{ data: Sum[] }>("/v1/usage", {
            organization_id: organization,
            key_id: key,
            ...rest,
            group_by: groupBy.join(","),
          }),
        ({ data }) => asTable(data),
      ),
    );
}

function asTable(sums: Sum[]): string {
  const [first] = sums;
  if (!first) return "No requests in this time.";
  const groups = Object.keys(first).filter((name) => name !== "requests" && name !== "refused");
  const rows = sums.map((sum) => [
    ...groups.map((name) => cellOf(name, sum[name])),
    grouped(sum.requests),
    grouped(sum.refused),
  ]);
  const [requests, refused] = [total(sums, "requests"), total(sums, "refused")];
  const heads = groups.map((name) => name.replace("_id", ""));
  const sum = `${grouped(requests)} requests, ${grouped(refused)} refused`;
  return `${table([...heads, "requests", "refused"], rows)}\n\n${dim(sum)}`;
}

function cellOf(name: string, value: string | number | undefined): string {
  if (value === undefined || value === "") return "none";
  return TIMES.includes(name) ? moment(String(value)).replace(name === "day" ? ", 00:00 UTC" : "", "") : String(value);
}

function total(sums: Sum[], of: "requests" | "refused"): number {
  return sums.reduce((sum, row) => sum + row[of], 0);
}
