/** Mistakes in the formats of imported keys that would let a key be taken for another kind. */

import { MAX_SECRET_LENGTH, patternOfSecrets } from "../domain/secret.ts";
import { type Automaton, commonText } from "./automaton.ts";
import { parseKeyPattern } from "./key-pattern.ts";
import { type ConfigProblem, didYouMean, pathText, problemAt, problemOf } from "./problems.ts";
import type { Config } from "./schema.ts";

/** Shorter keys can be guessed. */
const MIN_LENGTH = 16;
const ROOT_TOKENS = "kgr_.*";
const METRICS_TOKENS = "kgm_.*";

interface Format {
  readonly path: readonly PropertyKey[];
  readonly environment: string;
  readonly automaton: Automaton;
}

export function problemsOfImportedFormats(config: Config): ConfigProblem[] {
  if (config.keys.importedFormats.length === 0) return [];
  const environments = Object.keys(config.environments);
  const ours = secretsMadeHere(config);
  const formats: Format[] = [];
  return config.keys.importedFormats.flatMap(({ pattern, environment }, index) => {
    const path = ["keys", "importedFormats", index];
    if (!environments.includes(environment)) {
      const remedy = didYouMean(environment, environments);
      return problemAt([...path, "environment"], `is not an environment: "${environment}"`, remedy);
    }
    const automaton = parseKeyPattern(pattern);
    if ("problem" in automaton) return problemOf([...path, "pattern"], automaton.problem);
    const format = { path, environment, automaton };
    const problem = problemOfLength(automaton) ?? problemOfOurs(automaton, ours) ?? problemOfOthers(format, formats);
    formats.push(format);
    return problem ? problemOf([...path, "pattern"], problem) : [];
  });
}

function problemOfLength(automaton: Automaton): string | undefined {
  const shortest = commonText(automaton, automaton);
  if (shortest === undefined) return "matches no key at all; write a pattern that matches the imported keys";
  if (shortest.length < MIN_LENGTH) {
    const what = shortest === "" ? "nothing at all" : `"${shortest}", which is short enough to be guessed`;
    return `matches ${what}; make it match at least ${MIN_LENGTH} characters, for example with {32}`;
  }
  return shortest.length > MAX_SECRET_LENGTH
    ? `matches only keys of more than ${MAX_SECRET_LENGTH} characters, which are refused; leave it out`
    : undefined;
}

function problemOfOurs(automaton: Automaton, ours: readonly OwnSecrets[]): string | undefined {
  for (const { what, automaton: own } of ours) {
    const text = commonText(automaton, own);
    if (text) return `matches ${what}, such as "${text}"; begin it with a text that only the imported keys begin with`;
  }
  return undefined;
}

/** Formats of one environment can overlap: they mean the same. */
function problemOfOthers({ automaton, environment }: Format, earlier: readonly Format[]): string | undefined {
  for (const other of earlier) {
    const text = other.environment !== environment && commonText(automaton, other.automaton);
    if (text) {
      const place = pathText([...other.path, "pattern"]);
      return `matches keys of another environment (${place}), such as "${text}"; use patterns with different beginnings`;
    }
  }
  return undefined;
}

interface OwnSecrets {
  readonly what: string;
  readonly automaton: Automaton;
}

function secretsMadeHere({ environments }: Config): OwnSecrets[] {
  const keys = Object.entries(environments).map(([name, { keyPrefix }]) =>
    ownSecrets(`keys that this gateway creates for "${name}"`, patternOfSecrets(keyPrefix)),
  );
  return [...keys, ownSecrets("root tokens", ROOT_TOKENS), ownSecrets("metrics tokens", METRICS_TOKENS)];
}

function ownSecrets(what: string, pattern: string): OwnSecrets {
  const automaton = parseKeyPattern(pattern);
  if ("problem" in automaton) throw new Error(`${pattern} ${automaton.problem}`);
  return { what, automaton };
}
