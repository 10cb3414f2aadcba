import type { Command } from "commander";
import { call, example } from "../gateway/call.ts";
import { id, time, wholeNumber } from "../terminal/options.ts";
import { moment, shorten, table } from "../terminal/render.ts";

interface AuditEvent {
  id: string;
  at: string;
  actor: string;
  via: string;
  action: string;
  target: string;
  details: Record<string, unknown>;
}

interface Options {
  organization: string;
  target?: string;
  actor?: string;
  action?: string;
  from?: string;
  to?: string;
  limit: number;
}

const DEFAULT_LIMIT = 50;

export function addAudit(program: Command): void {
  program
    .command("audit")
    .description("show what was changed in an organization, by whom and when, newest first")
    .optionsGroup("Required:")
    .requiredOption("--organization <id>", "the organization, org_…", id("org"))
    .optionsGroup("Options:")
    .option("--target <id>", "only changes of this key, member, workspace or organization")
    .option("--actor <id>", "only changes by this actor: root, or the id of a member or key")
    .option("--action <action>", "only this action, for example api_key.created")
    .option("--from <time>", "from this day or time", time)
    .option("--to <time>", "before this day or time", time)
    .option("--limit <number>", "show at most this many", wholeNumber, DEFAULT_LIMIT)
    .addHelpText(
      "after",
      example(
        "audit --organization org_2bX4 --target key_9fK2",
        "audit --organization org_2bX4 --action api_key.revoked --from 2026-11-01 --limit 500",
      ),
    )
    .action(
      call(
        (api, { organization, limit, ...rest }: Options) =>
          api.list<AuditEvent>("/v1/audit-events", { organization_id: organization, ...rest }, limit),
        ({ data, next_cursor }) =>
          [asTable(data), ...(next_cursor ? ["\nThere are more. Raise --limit to see them."] : [])].join("\n"),
      ),
    );
}

function asTable(events: AuditEvent[]): string {
  if (events.length === 0) return "No changes match.";
  return table(
    ["When", "What", "By"],
    events.map(({ at, action, target, actor, via, details }) => [
      moment(at),
      [action, target, ...Object.entries(details).map(detailInWords)],
      via === actor ? actor : [actor, `via ${via}`],
    ]),
  );
}

/** `scopes: a, b`, or for a changed value `plan: free → scale`. */
function detailInWords([name, value]: [string, unknown]): string {
  return shorten(`${name.replaceAll("_", " ")}: ${changeInWords(value) ?? inWords(value)}`, 44);
}

function changeInWords(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if ("from" in value && "to" in value) return `${inWords(value.from)} → ${inWords(value.to)}`;
  return "removed" in value && "added" in value
    ? `without ${inWords(value.removed)}, with ${inWords(value.added)}`
    : undefined;
}

function inWords(value: unknown): string {
  if (value === null || value === "") return "none";
  if (Array.isArray(value)) return value.map(inWords).join(", ") || "none";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
