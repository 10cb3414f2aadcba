/** `keygate console`: how the platform team gets into the console. */

import type { Command } from "commander";
import { hint, moment, strong } from "../terminal/render.ts";
import { call, example } from "./call.ts";

export function addConsole(program: Command): void {
  program
    .command("console")
    .description("make a link by which the platform team signs in to the console, once")
    .addHelpText("after", example("console", "console --url https://keys.example.com"))
    .action(
      call(
        (api) => api.post<{ url: string; expires_at: string }>("/v1/root-sign-in-links", {}),
        ({ url, expires_at }) =>
          hint(
            `For you alone: it opens every organization to whoever opens it first, until ${moment(expires_at)}.`,
            strong(url),
          ),
      ),
    );
}
