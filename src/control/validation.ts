import { withoutSecrets } from "../domain/secret.ts";
import { describe, type Refusal } from "../errors.ts";
import type { Caller } from "./control.ts";

export function invalid(field: string, problem: string): Refusal {
  return { code: "validation_failed", errors: [{ field, problem: withoutSecrets(problem) }] };
}

/** What a refusal says of fields of the request. */
export function fieldErrorsOf(refusal: Refusal): readonly FieldError[] {
  switch (refusal.code) {
    case "validation_failed":
      return refusal.errors;
    case "environment_not_allowed":
      return [{ field: "environment", problem: describe(refusal).detail }];
    case "conflict":
    case "management_forbidden":
      return refusal.field === undefined ? [] : [{ field: refusal.field, problem: refusal.problem }];
    default:
      return [];
  }
}

export interface FieldError {
  readonly field: string;
  readonly problem: string;
}

/** One refusal that names every wrong field, so that a caller can fix them all at once. */
export function allOf(refusals: readonly (Refusal | undefined)[]): Refusal | undefined {
  const found = refusals.filter((refusal) => refusal !== undefined);
  if (found.length < 2) return found[0];
  const errors = found.flatMap(fieldErrorsOf);
  return errors.length > 0 ? { code: "validation_failed", errors } : found[0];
}

/** Does not repeat the id, which can be anything, even a secret. */
export function notFound(what: string): Refusal {
  return { code: "not_found", problem: `There is no ${what} with this id.` };
}

/** For a change that names the version that it is of. */
export function checkVersion({ ifMatch }: Caller, version: string): Refusal | undefined {
  return ifMatch === undefined || ifMatch.includes(version) ? undefined : { code: "precondition_failed" };
}

/** Another request changed the record after it was read. */
export function lostRace({ ifMatch }: Caller, what: string): Refusal {
  if (ifMatch !== undefined) return { code: "precondition_failed" };
  return { code: "conflict", problem: `Another request changed the ${what} at the same time.` };
}

export function withoutUndefined<T extends object>(change: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as never;
}

/** For the audit trail: what each field that changes was, and what it becomes. Of a long list, only what comes and goes. */
export function differences<T extends object>(
  before: T,
  change: Partial<Record<keyof T, unknown>>,
): Record<string, unknown> {
  const changed = Object.entries(change).filter(
    ([field, value]) => value !== undefined && JSON.stringify(before[field as keyof T]) !== JSON.stringify(value),
  );
  return Object.fromEntries(changed.map(([field, to]) => [field, differenceOf(before[field as keyof T], to)]));
}

const LONG_LIST = 20;

function differenceOf(from: unknown, to: unknown): object {
  if (!Array.isArray(from) || !Array.isArray(to) || Math.max(from.length, to.length) <= LONG_LIST) return { from, to };
  const [was, becomes] = [new Set(from), new Set(to)];
  return { removed: from.filter((item) => !becomes.has(item)), added: to.filter((item) => !was.has(item)) };
}
