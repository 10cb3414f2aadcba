/** An option and its `--no-…`, such as `--plan` and `--no-plan`. If both were given, the later one would win silently. */

import type { Command, Option } from "commander";

/** For all commands below this one. */
export function refuseOpposites(command: Command): void {
  for (const no of command.options.filter(({ negate }) => negate)) {
    const yes = command.options.find((option) => !option.negate && option.attributeName() === no.attributeName());
    if (yes) refuseBoth(command, yes, no);
  }
  for (const inner of command.commands) refuseOpposites(inner);
}

function refuseBoth(command: Command, yes: Option, no: Option): void {
  const refuse = (option: Option, other: Option) =>
    command.error(`error: option '${option.flags}' cannot be used with option '${other.flags}'`);
  const { parseArg } = yes;
  yes.argParser((text: string, before: unknown) => {
    if (before === false) refuse(yes, no);
    return parseArg ? parseArg(text, before as never) : text;
  });
  no.argParser((_: string, before: unknown) => {
    if (before !== undefined && before !== false) refuse(no, yes);
    return false;
  });
}
