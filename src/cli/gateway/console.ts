/** `keygate console`: signs the platform team in to the console. */

import type { Command } from "commander";
import { hint, moment, strong } from "../terminal/render.ts";
import { call, example } from "./call.ts";

export function addConsole(program: Command): void {
  program
    .command("console")
    .description("create a link that signs the platform team in to the console, once")
    .addHelpText("after", example("console", "console --url https://keys.example.com"))
    .action(
      call(
        (api) => api.post<{ url: string; expires_at: string }>("/v1/root-sign-in-links", {}),
        ({ url, expires_at }) =>
          hint(
            `For you only: the first person who opens it can manage everything. It expires ${moment(expires_at)}.`,
            strong(url),
          ),
      ),
    );
}
