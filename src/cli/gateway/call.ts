/** The common part of all commands that call the management API: flags in, one call, its answer out. */

import { type Command, Option } from "commander";
import { unexpected } from "./answers.ts";
import { type Answer, Api } from "./api.ts";
import type { Named } from "./choice.ts";
import { connectionOf } from "./connection.ts";

export interface GlobalOptions extends Named {
  actAs?: string;
  json?: boolean;
}

/** `given`: the command's own arguments, such as an id. */
type Request<Options, T> = (api: Api, options: Options, ...given: string[]) => Promise<Answer<T>>;

/** An answer's metadata. */
export interface Context {
  readonly url: string;
  readonly status: number;
  readonly version: string | undefined;
  readonly changeId: string | undefined;
}

/** The last ones are those of the request. */
type Words<Options, T> = (body: T, context: Context, options: Options, ...given: string[]) => string | Promise<string>;

/** A commander action that makes the call and prints the answer in words, or unchanged with --json. */
export function call<Options, T>(request: Request<Options, T>, words: Words<Options, T>) {
  return async (...given: unknown[]): Promise<void> => {
    const command = given.at(-1) as Command;
    const { ifMatch, ...options } = command.opts();
    const { json } = command.optsWithGlobals<GlobalOptions>();
    const api = apiOf(command, ifMatch);
    const asked = [options as Options, ...(command.processedArgs as string[])] as const;
    const { body, status, version, changeId } = await request(api, ...asked);
    const context = { url: api.url, status, version, changeId };
    console.log(json ? JSON.stringify(body, null, 2) : await wordsFor(api.url, () => words(body, context, ...asked)));
  };
}

/** A body that lacks what the words need is not from this API. */
async function wordsFor(url: string, words: () => string | Promise<string>): Promise<string> {
  try {
    return await words();
  } catch (error) {
    throw error instanceof TypeError || error instanceof RangeError ? unexpected(url) : error;
  }
}

export function apiOf(command: Command, ifMatch?: string): Api {
  const { actAs, ...connection } = command.optsWithGlobals<GlobalOptions>();
  return new Api(connectionOf(connection), { actAs, ifMatch });
}

/** The options that name this gateway, for a next command. Without them, that could call another one. */
export function sameGateway(command: Command): string {
  const { url, profile } = command.optsWithGlobals<GlobalOptions>();
  return `${profile === undefined ? "" : ` --profile ${profile}`}${url === undefined ? "" : ` --url ${url}`}`;
}

/** For commands that change a record. */
export function ifMatch(): Option {
  return new Option("--if-match <version>", "change it only if it still has this version (see `show`)");
}

/** `done`, and whether every data center knows of it. */
export function told(done: string, { status, changeId }: Context): string {
  if (status !== 202) return `${done}.`;
  const next = changeId === undefined ? "" : ` To follow it:\n\n  ${COMMAND} changes show ${changeId}`;
  return `${done}. Some data centers do not know yet; the gateway keeps telling them.${next}`;
}

/** The text at the end of --help. */
export function example(...lines: string[]): string {
  return `\n${lines.length > 1 ? "Examples" : "Example"}:\n${lines.map((line) => `  ${COMMAND} ${line}`).join("\n")}`;
}

/** `--no-install`: outside the project, npx would fetch whatever package has the name `keygate`. */
export const COMMAND = "npx --no-install keygate";
