import type { Command } from "commander";
import { call, example } from "../gateway/call.ts";
import { wholeNumber } from "../terminal/options.ts";
import { count, day, shorten, table } from "../terminal/render.ts";
import type { Key } from "./words.ts";

const DEFAULT_DAYS = 90;
const DEFAULT_LIMIT = 100;

export function addUnused(keys: Command): void {
  keys
    .command("unused")
    .description(
      "list keys of all organizations that have not been used for some days, those unused for longest first (root token only)",
    )
    .option("--days <number>", "for at least this many days", wholeNumber, DEFAULT_DAYS)
    .option("--limit <number>", "show at most this many", wholeNumber, DEFAULT_LIMIT)
    .addHelpText("after", example("keys unused --days 90"))
    .action(
      call(
        (api, { days, limit }: { days: number; limit: number }) =>
          api.list<Key>("/v1/unused-api-keys", { days: String(days) }, limit),
        ({ data, next_cursor }) => (data.length === 0 ? "None." : asTable(data, next_cursor !== null)),
      ),
    );
}

function asTable(keys: Key[], isMore: boolean): string {
  const rows = keys.map((key) => [
    [shorten(key.name, 36), key.id, key.organization_id],
    key.environment,
    [key.last_used_at ? day(key.last_used_at) : "never", `created ${day(key.created_at)}`],
    [key.status, `to ${day(key.expires_at)}`],
  ]);
  const more = isMore ? "There are more. Raise --limit to see them." : count(keys.length, "key");
  return `${table(["Name", "Environment", "Last used", "Status"], rows)}\n\n${more}`;
}
