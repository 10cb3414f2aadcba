import type { Refusal } from "../errors.ts";

export function invalid(field: string, problem: string): Refusal {
  return { code: "validation_failed", errors: [{ field, problem }] };
}

export function notFound(what: string, id: string): Refusal {
  return { code: "not_found", problem: `There is no ${what} ${id}.` };
}

export function unknownNames(names: readonly string[], known: readonly string[]): string[] {
  return names.filter((name) => !known.includes(name));
}
