/**
 * Text that the API takes must be text that it can store and show again: well-formed, and without control characters. Records
 * would otherwise show other text than was sent: D1 replaces half a surrogate pair, and ends a text at NUL for some functions.
 */

const CONTROLS = /[^\P{Cc}\t\n\r]/u;

/** What is wrong with a text; `undefined` if it can be kept. Tabs and line breaks can. */
export function problemOfText(text: string): string | undefined {
  if (!text.isWellFormed()) return "is not well-formed Unicode text";
  return CONTROLS.test(text) ? "must not contain control characters" : undefined;
}

export interface TextProblem {
  readonly path: readonly string[];
  readonly problem: string;
}

/** Of every text in what came as JSON or as a form, names of fields included. */
export function textProblems(value: unknown, path: readonly string[] = []): TextProblem[] {
  if (typeof value === "string") {
    const problem = problemOfText(value);
    return problem === undefined ? [] : [{ path, problem }];
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => {
    const problem = problemOfText(name);
    const here = [...path, name.toWellFormed()];
    return problem === undefined ? textProblems(item, here) : [{ path: here, problem }];
  });
}
