/** What all commands of the management API have in common: flags in, one call, its answer out. */

import type { Command } from "commander";
import { type Answer, Api } from "./api.ts";
import { connectionOf } from "./connection.ts";

interface GlobalOptions {
  url: string;
  token?: string;
  json?: boolean;
}

/** `argument`: the command's own, such as an id; empty where it takes none. */
type Request<Options, T> = (api: Api, options: Options, argument: string) => Promise<Answer<T>>;
type Words<T> = (body: T, context: { url: string; status: number }) => string | Promise<string>;

/** A commander action that makes the call and prints its answer: in words, or with --json as the API gave it. */
export function call<Options, T>(request: Request<Options, T>, words: Words<T>) {
  return async (...given: unknown[]): Promise<void> => {
    const command = given.at(-1) as Command;
    const { json, ...connection } = command.optsWithGlobals<GlobalOptions>();
    const api = new Api(connectionOf(connection));
    const { status, body } = await request(api, command.opts() as Options, command.processedArgs[0] ?? "");
    console.log(json ? JSON.stringify(body, null, 2) : await words(body, { url: api.url, status }));
  };
}

/** The text that --help ends with. */
export function example(...lines: string[]): string {
  return `\nExample:\n${lines.map((line) => `  ${COMMAND} ${line}`).join("\n")}`;
}

/** Outside of the project the name `keygate` may be somebody else's package, hence the option. */
export const COMMAND = "npx --no-install keygate";
