/**
 * A record is described once, as a table of its fields under their names in the API, which are the names of their columns too.
 * A codec goes between the API's form, the form in the code (`allowedAddresses`, times in milliseconds), and the row.
 */

import * as z from "zod";
import { timeOf } from "../domain/time.ts";

export interface Field {
  /** As the API shows it. */
  readonly form: z.ZodType;
  /** What differs in the code or in D1. `json`: text in D1. `time`: milliseconds in both, and RFC 3339 in the API. */
  readonly as?: "json" | "time";
  /** The API does not show it. */
  readonly hidden?: true;
  /** The record's own table has no column for it. */
  readonly elsewhere?: true;
  /** Worked out from the others. */
  readonly derived?: true;
}

export type Fields = Readonly<Record<string, Field>>;

type Names<F extends Fields> = keyof F & string;
type Without<F extends Fields, Mark extends keyof Field> = {
  [N in Names<F>]: F[N] extends { readonly [M in Mark]: true } ? never : N;
}[Names<F>];

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

type Part<F extends Fields, Name extends Names<F>> = {
  readonly [N in Name as Camel<N>]: Value<F[N], z.output<F[N]["form"]>>;
};

/** The record in the code. */
export type RecordOf<F extends Fields> = Part<F, Without<F, "derived">>;

/** What a call gives, as the code has it. */
export type Given<F extends Fields, Body> = {
  readonly [N in keyof Body as N extends string ? Camel<N> : never]: N extends keyof F
    ? Value<F[N], Body[N]>
    : Frozen<Body[N]>;
};

type Shape<F extends Fields, Name extends Names<F>> = { [N in Name]: F[N]["form"] };
type Shown<F extends Fields, Name extends Names<F>> = { [N in Name]: z.output<F[N]["form"]> };

export type Row = Readonly<Record<string, unknown>>;
type Cell = string | number | null;

interface Table<F extends Fields, Create extends z.ZodRawShape, Change extends z.ZodRawShape> {
  readonly fields: F;
  /** What a call that creates a record takes. */
  readonly create: Create;
  /** What a change takes, each field optional. */
  readonly change: Change;
}

export function codec<F extends Fields, Create extends z.ZodRawShape, Change extends z.ZodRawShape>({
  fields,
  create,
  change,
}: Table<F, Create, Change>) {
  const names = Object.keys(fields) as Names<F>[];
  const without = <Mark extends keyof Field>(mark: Mark) =>
    names.filter((name): name is Without<F, Mark> => fields[name]?.[mark] === undefined);
  const shown = without("hidden");
  const stored = without("derived");
  const columns = without("elsewhere");
  return {
    body: z.strictObject(create),
    patch: z.strictObject(change).partial(),
    /** For the schema of the answer. */
    shape: Object.fromEntries(shown.map((name) => [name, fields[name]?.form])) as Shape<F, (typeof shown)[number]>,
    /** From what a call gives to the code's form. Leaves out what is not given. */
    given: <Body extends object>(body: Body) => given(fields, body),
    /** From the code's form to the API's: the named fields, in this order. */
    pick: <Name extends Names<F>>(picked: readonly Name[], record: Part<F, Name>) => pick(fields, picked, record),
    /** All that the API shows. */
    show: (record: Part<F, (typeof shown)[number]>) => pick(fields, shown, record),
    /** The columns of the record's own table. */
    columns,
    /** Those that a change writes. */
    changed: columns.filter((name) => name in change || (name as string) === "version"),
    cells: (record: Part<F, (typeof columns)[number]>, wanted: readonly Names<F>[]) => cells(fields, wanted, record),
    /** The record of a row. */
    read: (row: Row) => read(fields, stored, row) as RecordOf<F>,
    readPart: <Name extends Names<F>>(wanted: readonly Name[], row: Row) => read(fields, wanted, row) as Part<F, Name>,
  };
}

function given<F extends Fields, Body extends object>(fields: F, body: Body): Given<F, Body> {
  const entries = Object.entries(body).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    entries.map(([name, value]) => [
      camelCase(name),
      fields[name]?.as === "time" && value !== null ? timeOf(value) : value,
    ]),
  ) as Given<F, Body>;
}

function pick<F extends Fields, Name extends Names<F>>(fields: F, names: readonly Name[], record: object) {
  const values = record as Row;
  return Object.fromEntries(
    names.map((name) => {
      const value = values[camelCase(name)];
      return [name, fields[name]?.as === "time" && value !== null ? new Date(value as number).toISOString() : value];
    }),
  ) as Shown<F, Name>;
}

function cells(fields: Fields, names: readonly string[], record: object): Cell[] {
  const values = record as Row;
  return names.map((name) => {
    const value = values[camelCase(name)];
    return (fields[name]?.as === "json" && value !== null ? JSON.stringify(value) : value) as Cell;
  });
}

function read(fields: Fields, names: readonly string[], row: Row): object {
  const entries = names.map((name) => {
    const cell = row[name];
    return [camelCase(name), fields[name]?.as === "json" && cell !== null ? JSON.parse(cell as string) : cell];
  });
  return Object.fromEntries(entries);
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
