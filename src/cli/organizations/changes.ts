import type { Command } from "commander";
import { call, example } from "../gateway/call.ts";
import { id } from "../terminal/options.ts";
import { count } from "../terminal/render.ts";

interface Change {
  id: string;
  pending_keys: number;
}

export function addChanges(program: Command): void {
  const changes = program.command("changes").description("changes of rights on their way to every data center");

  changes
    .command("show")
    .description("show the progress of a change")
    .argument("<id>", "its id, chg_…, printed by the command that made the change", id("chg"))
    .addHelpText("after", example("changes show chg_4Rw1"))
    .action(
      call(
        (api, _, id) => api.get<Change>(`/v1/changes/${id}`),
        ({ pending_keys }) =>
          pending_keys === 0
            ? "Every key's authority knows of it."
            : `The authorities of ${count(pending_keys, "key")} do not know of it yet.`,
      ),
    );
}
