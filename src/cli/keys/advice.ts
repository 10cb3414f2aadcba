/** Finds the scopes that a key does not need. */

import type { Command } from "commander";
import { COMMAND, call, example } from "../gateway/call.ts";
import { id, wholeNumber } from "../terminal/options.ts";
import { day, hint, table } from "../terminal/render.ts";
import { KEYS_PATH } from "./path.ts";

interface Advice {
  scopes: { scope: string; last_used_at: string | null }[];
  unused: string[];
  too_young: boolean;
}

const DEFAULT_DAYS = 30;

export function addAdvice(keys: Command): void {
  keys
    .command("advice")
    .description("show which scopes a key has not used, so that you can remove them")
    .argument("<id>", "its id, key_…", id("key"))
    .option("--days <number>", "look at this many days", wholeNumber, DEFAULT_DAYS)
    .addHelpText("after", example("keys advice key_9fK2 --days 90"))
    .action(
      call(
        (api, { days }: { days: number }, id) => api.get<Advice>(`${KEYS_PATH}/${id}/advice`, { days: String(days) }),
        (advice, _context, _options, id) => inWords(advice, id),
      ),
    );
}

function inWords({ scopes, unused, too_young }: Advice, id: string | undefined): string {
  const parts = [
    table(
      ["Scope", "Last used"],
      scopes.map(({ scope, last_used_at }) => [scope, day(last_used_at)]),
    ),
  ];
  const used = scopes.map(({ scope }) => scope).filter((scope) => !unused.includes(scope));
  if (too_young) parts.push("The key is too new to say what it needs.");
  else if (unused.length === 0) parts.push("It uses all its scopes.");
  else if (used.length === 0) parts.push("It used no scope in this time. Is it still needed?");
  else parts.push(hint("To keep only the scopes it uses:", `${COMMAND} keys change ${id} --scopes ${used.join(",")}`));
  return parts.join("\n\n");
}
