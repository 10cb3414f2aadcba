/** What a command says step by step, and at its end. With --json, stdout has the end alone, as JSON. */

import type { Command } from "commander";

export interface Report {
  step(words: string): void;
  end(words: string, data: object): void;
}

export function reportOf(command: Command): Report {
  const { json } = command.optsWithGlobals();
  return {
    step: (words) => (json ? console.error(words) : console.log(words)),
    end: (words, data) => console.log(json ? JSON.stringify(data, null, 2) : words),
  };
}
