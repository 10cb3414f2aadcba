/** What is wrong with a configuration: where, what, and what to do. */

import type * as z from "zod";

export interface ConfigProblem {
  /** The place in the file, for example `routes[2].resource`. */
  readonly path: string;
  /** The rest of a sentence that begins with the place; no full stop. */
  readonly problem: string;
  /** A sentence with its full stop or question mark; lines to paste may follow it. */
  readonly remedy: string;
}

export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[], what = "gateway.config.ts") {
    super([`${what} cannot be used:`, ...problems.map(lineOf)].join("\n"));
    this.name = "ConfigError";
    this.problems = problems;
  }
}

export function lineOf({ path, problem, remedy }: ConfigProblem): string {
  return `  ${path}: ${problem}. ${remedy}`;
}

export function problemAt(path: readonly PropertyKey[], problem: string, remedy: string): ConfigProblem {
  return { path: pathText(path), problem, remedy };
}

/** A problem from a message of the form "what is wrong; what to do", as schema.ts and pattern.ts write them. */
export function problemOf(path: readonly PropertyKey[], message: string): ConfigProblem {
  const [problem = "", ...remedy] = message.split("; ");
  return problemAt(path, problem, sentence(remedy.join("; ")));
}

/** Mistakes of form that zod found, in our words. */
export function problemsOfForm(error: z.ZodError, input: unknown): ConfigProblem[] {
  return error.issues.flatMap((issue) => problemsOfIssue(issue, input));
}

export function problemsOfIssue(issue: z.core.$ZodIssue, input: unknown): ConfigProblem[] {
  const value = valueAt(input, issue.path);
  switch (issue.code) {
    case "unrecognized_keys": {
      const remedies = issue.message.split("\n");
      return issue.keys.map((key, i) => problemAt([...issue.path, key], "is not a known field", remedies[i] ?? ""));
    }
    case "invalid_key":
      return issue.issues.map(({ message }) => problemOf(issue.path, message));
    case "invalid_type":
      return [problemOfType(issue.path, KINDS[issue.expected] ?? issue.expected, value)];
    case "invalid_value":
      return [problemOfChoice(issue.path, issue.values.map(String), value)];
    default: {
      const problem = problemOf(issue.path, issue.message);
      return [value === undefined ? { ...problem, problem: "is missing" } : problem];
    }
  }
}

/** What zod calls the kinds of values, in our words. */
export const KINDS: Readonly<Record<string, string>> = {
  array: "a list",
  boolean: "true or false",
  int: "a whole number",
  number: "a number",
  object: "an object",
  record: "an object",
  string: "a string",
};

function problemOfType(path: readonly PropertyKey[], kind: string, value: unknown): ConfigProblem {
  if (value === undefined) return problemAt(path, "is missing", `Add it, as ${kind}.`);
  return problemAt(path, `must be ${kind}, not ${describe(value)}`, `Write ${kind} here.`);
}

function problemOfChoice(path: readonly PropertyKey[], choices: readonly string[], value: unknown): ConfigProblem {
  if (value === undefined) return problemAt(path, "is missing", `Choose one of: ${choices.join(", ")}.`);
  return problemAt(path, `cannot be ${describe(value)}`, didYouMean(String(value), choices));
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return JSON.stringify(value);
  return typeof value === "object" && value !== null
    ? "an object"
    : typeof value === "function"
      ? "a function"
      : String(value);
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, part) => (value as Record<PropertyKey, unknown> | undefined)?.[part], input);
}

export function pathText(path: readonly PropertyKey[]): string {
  return path.map(stepText).join("").replace(/^\./, "") || "the configuration";
}

function stepText(part: PropertyKey): string {
  if (typeof part === "number") return `[${part}]`;
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(String(part)) ? `.${String(part)}` : `[${JSON.stringify(String(part))}]`;
}

/** The candidate that a mistyped name most likely means, or all of them, as a remedy. */
export function didYouMean(name: string, candidates: readonly string[]): string {
  const [nearest] = candidates
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .sort((a, b) => a.distance - b.distance);
  if (!nearest) return "None is declared yet; declare it first.";
  if (nearest.distance <= Math.max(1, name.length / 4)) return `Did you mean "${nearest.candidate}"?`;
  return `Choose one of: ${candidates.join(", ")}.`;
}

/** How many letters must be added, dropped, changed or swapped with their neighbour to make `a` into `b`. */
export function editDistance(a: string, b: string): number {
  const rows: number[][] = [];
  const at = (i: number, j: number) => rows[i]?.[j] ?? Number.POSITIVE_INFINITY;
  for (let i = 0; i <= a.length; i++) {
    rows.push([]);
    for (let j = 0; j <= b.length; j++) {
      const kept = a[i - 1] === b[j - 1];
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const least = Math.min(
        at(i - 1, j) + 1,
        at(i, j - 1) + 1,
        at(i - 1, j - 1) + (kept ? 0 : 1),
        swapped ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY,
      );
      (rows[i] as number[])[j] = i + j === 0 ? 0 : least;
    }
  }
  return at(a.length, b.length);
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
