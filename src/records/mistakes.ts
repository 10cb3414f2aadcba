/** What is wrong with a given value, where its schema has no words for it: the rest of a sentence that begins with the field. */

import type * as z from "zod";
import { KINDS } from "../config/problems.ts";

const FORMATS: Readonly<Record<string, string>> = {
  datetime: "a time such as 2027-01-31T00:00:00Z",
  email: "an email address",
  url: "a URL",
};

/** For `safeParse`, as its `error`. */
export function wordsOf(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined ? "is required" : `must be ${KINDS[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return issue.input === undefined ? "is required" : `must be ${oneOf(issue.values)}`;
    case "too_small":
      return sizeWords(issue.origin, Number(issue.minimum), issue.inclusive === false ? "more than" : "at least");
    case "too_big":
      return sizeWords(issue.origin, Number(issue.maximum), issue.inclusive === false ? "less than" : "at most");
    case "not_multiple_of":
      return `must be a multiple of ${issue.divisor}`;
    case "invalid_format":
      return `is not ${FORMATS[issue.format] ?? "in the form that this field has"}`;
    default:
      return "is not in the form that this field has";
  }
}

function oneOf(values: readonly unknown[]): string {
  return values.length === 1 ? String(values[0]) : `one of ${values.join(", ")}`;
}

function sizeWords(origin: string, size: number, relation: string): string {
  const hasSize = origin === "string" || origin === "array";
  if (hasSize && size === 1 && relation === "at least") return "must not be empty";
  if (origin === "string") return `must be ${relation} ${size} characters long`;
  return origin === "array" ? `must have ${relation} ${size} entries` : `must be ${relation} ${size}`;
}
