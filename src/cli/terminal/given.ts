/**
 * Values of options, arguments and the environment. An empty value is often a shell variable that is not set, so it never
 * counts as "not given": that could mean "all".
 */

import { type Argument, type Command, InvalidArgumentError, type Option } from "commander";
import { EXIT_WRONG_USAGE, Failure } from "./failure.ts";

/** For all commands, options and arguments below this one. */
export function refuseEmptyValues(command: Command): void {
  for (const option of command.options) if (option.required || option.optional) refuseEmpty(option);
  for (const argument of command.registeredArguments) refuseEmpty(argument);
  for (const inner of command.commands) refuseEmptyValues(inner);
}

function refuseEmpty(taker: Option | Argument): void {
  const { parseArg } = taker;
  taker.argParser((text: string, before: unknown) => {
    if (text.trim() === "") throw new InvalidArgumentError("It is empty. Give a value, or leave it out.");
    return parseArg ? parseArg(text, before as never) : text;
  });
}

/** A variable of the environment; `undefined` if it is not set. */
export function fromEnvironment(name: string): string | undefined {
  const text = process.env[name];
  if (text?.trim() === "") {
    throw new Failure(`${name} is empty in the environment. Give it a value, or unset it.`, EXIT_WRONG_USAGE);
  }
  return text;
}
