/** Every command of the program, with valid values for its options and arguments, made from the program itself. */

import type { Argument, Command, Option } from "commander";

export interface Leaf {
  readonly command: Command;
  /** For example `["keys", "create"]`. */
  readonly path: readonly string[];
}

export function leavesOf(command: Command, path: readonly string[] = []): Leaf[] {
  if (command.commands.length === 0) return [{ command, path }];
  return command.commands.flatMap((inner) => leavesOf(inner, [...path, inner.name()]));
}

/** Options that take a value, with those of the commands above. */
export function optionsOf({ command }: Leaf): Option[] {
  const all = [...command.options, ...(command.parent ? optionsOf({ command: command.parent, path: [] }) : [])];
  return all.filter(({ required, optional }) => required || optional);
}

const ID = "0123456789abcdef0123456789abcdef";
const SAMPLES = [
  ...["org", "mem", "key", "ws", "ses", "chg", "sec", "req"].map((prefix) => `${prefix}_${ID}`),
  ...["https://keys.test", "2027-01-31", "24h", "7", "day=7/day", "minute=7/60", "X-A: b", "text"],
];

/** A text that its parser takes. */
export function sampleOf(taker: Option | Argument): string {
  const found = [...(taker.argChoices ?? []), ...SAMPLES].find((text) => {
    try {
      taker.parseArg?.(text, undefined as never);
      return true;
    } catch {
      return false;
    }
  });
  if (found === undefined) throw new Error(`No sample fits ${taker.name()}.`);
  return found;
}

/** The words of a valid call. `values`: for arguments and required options, by their names. */
export function validCall({ command, path }: Leaf, values: Readonly<Record<string, string>> = {}): string[] {
  const textFor = (taker: Option | Argument) => values[taker.name()] ?? sampleOf(taker);
  const given = command.registeredArguments.filter(({ required }) => required).map(textFor);
  const options = command.options.filter(({ mandatory }) => mandatory);
  return [...path, ...given, ...options.flatMap((option) => [option.long as string, textFor(option)])];
}
