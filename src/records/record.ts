/**
 * A record is described once, as a table of its fields under their names in the API, which are the names of their columns too.
 * The functions here go between the API's form, the form in the code (`allowedAddresses`, times in milliseconds), and the row.
 */

import type * as z from "zod";
import { timeOf } from "../domain/time.ts";

export interface Field {
  /** As the API shows it. */
  readonly form: z.ZodType;
  /** What differs in the code or in D1. `json`: text in D1. `time`: milliseconds in both, and RFC 3339 in the API. */
  readonly as?: "json" | "time";
  /** The record's own table has no column for it. */
  readonly elsewhere?: true;
}

export type Fields = Readonly<Record<string, Field>>;

type Camel<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Name;

type Frozen<T> = T extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends object
    ? { readonly [K in keyof T]: Frozen<T[K]> }
    : T;

/** A value of the API as the code has it. */
type Value<F, Wire> = F extends { readonly as: "time" } ? (Wire extends string ? number : Wire) : Frozen<Wire>;

/** The record in the code. */
export type RecordOf<F extends Fields, Name extends keyof F & string = keyof F & string> = {
  readonly [N in Name as Camel<N>]: Value<F[N], z.output<F[N]["form"]>>;
};

/** What a call gives, as the code has it. */
export type Given<F extends Fields, Body> = {
  readonly [N in keyof Body as N extends string ? Camel<N> : never]: N extends keyof F
    ? Value<F[N], Body[N]>
    : Frozen<Body[N]>;
};

/** The forms of these fields, for the schema of an answer. */
export function formsOf<F extends Fields, Name extends keyof F & string>(
  fields: F,
  names: readonly Name[],
): { [N in Name]: F[N]["form"] } {
  return Object.fromEntries(names.map((name) => [name, fields[name]?.form])) as { [N in Name]: F[N]["form"] };
}

/** From what a call gives to the code's form. Leaves out what is not given. */
export function given<F extends Fields, Body extends object>(fields: F, body: Body): Given<F, Body> {
  const entries = Object.entries(body).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    entries.map(([name, value]) => [
      camelCase(name),
      fields[name]?.as === "time" && value !== null ? timeOf(value) : value,
    ]),
  ) as Given<F, Body>;
}

/** From the code's form to the API's: these fields, in this order. */
export function shown<F extends Fields, Name extends keyof F & string>(
  fields: F,
  names: readonly Name[],
  record: RecordOf<F, Name>,
): { [N in Name]: z.output<F[N]["form"]> } {
  const values = record as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    names.map((name) => {
      const value = values[camelCase(name)];
      return [name, fields[name]?.as === "time" && value !== null ? new Date(value as number).toISOString() : value];
    }),
  ) as { [N in Name]: z.output<F[N]["form"]> };
}

export type Row = Readonly<Record<string, unknown>>;
type Cell = string | number | null;

/** Those for which the record's table has a column. */
export function columnsOf<F extends Fields, Name extends keyof F & string>(fields: F, names: readonly Name[]) {
  return names.filter((name): name is Column<F, Name> => !fields[name]?.elsewhere);
}

type Column<F extends Fields, Name extends keyof F> = {
  [N in Name]: F[N] extends { readonly elsewhere: true } ? never : N;
}[Name];

/** The values of these columns. */
export function cellsOf<F extends Fields, Name extends keyof F & string>(
  fields: F,
  names: readonly Name[],
  record: RecordOf<F, Name>,
): Cell[] {
  const values = record as Readonly<Record<string, unknown>>;
  return names.map((name) => {
    const value = values[camelCase(name)];
    return (fields[name]?.as === "json" && value !== null ? JSON.stringify(value) : value) as Cell;
  });
}

export function recordOf<F extends Fields, Name extends keyof F & string>(
  fields: F,
  names: readonly Name[],
  row: Row,
): RecordOf<F, Name> {
  const entries = names.map((name) => {
    const cell = row[name];
    return [camelCase(name), fields[name]?.as === "json" && cell !== null ? JSON.parse(cell as string) : cell];
  });
  return Object.fromEntries(entries) as RecordOf<F, Name>;
}

/** Names come from schemas, so there are not many. */
const camelCased = new Map<string, string>();

function camelCase(name: string): string {
  const known = camelCased.get(name);
  if (known !== undefined) return known;
  const cased = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  camelCased.set(name, cased);
  return cased;
}
