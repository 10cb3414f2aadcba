import type { Command } from "commander";
import { call, example } from "../gateway/call.ts";
import { id } from "../terminal/options.ts";
import { clock } from "../terminal/progress.ts";
import { grouped, table } from "../terminal/render.ts";
import { rateInWords } from "./own-limits.ts";
import { KEYS_PATH } from "./path.ts";

interface Limit {
  name: string;
  kind: "rate" | "quota";
  limit: number;
  window?: number;
  burst?: number;
  per?: string;
  remaining: number;
  lent: number;
  reset_ms: number;
}

export function addLimits(program: Command): void {
  const limits = program.command("limits").description("the limits of keys and what is left of them");

  limits
    .command("show")
    .description("show what a key has left of each of its limits")
    .argument("<id>", "the key's id, key_…", id("key"))
    .addHelpText("after", example("limits show key_9fK2"))
    .action(
      call(
        (api, _, id) => api.get<{ data: Limit[] }>(`${KEYS_PATH}/${id}/limits`),
        ({ data }) => asTable(data),
      ),
    );

  limits
    .command("reset")
    .description("reset a key's limits (root token only)")
    .argument("<id>", "the key's id, key_…", id("key"))
    .addHelpText("after", example("limits reset key_9fK2"))
    .action(
      call(
        (api, _, id) => api.post<{ data: Limit[] }>(`${KEYS_PATH}/${id}/limits/reset`, {}),
        ({ data }) => `Reset.\n\n${asTable(data)}`,
      ),
    );
}

function asTable(limits: Limit[]): string {
  if (limits.length === 0) return "The key has no limits.";
  return table(
    ["Limit", "Allows", "Remaining", "Lent to the edge", "Resets in"],
    limits.map(({ name, limit, window = 0, burst, per, remaining, lent, reset_ms }) => [
      name,
      per ? `${grouped(limit)} per ${per}` : rateInWords({ limit, window, burst }),
      grouped(Math.floor(remaining)),
      grouped(lent),
      reset_ms > 0 ? clock(reset_ms / 1000) : "",
    ]),
  );
}
