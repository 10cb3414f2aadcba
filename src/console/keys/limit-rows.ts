/** A key's limits as rows of a form. The row of a limit has several controls, and each name is there once for each row. */

import type { OwnLimits } from "../../domain/key.ts";
import { type Form, wholeNumberIn } from "../frame/form.ts";
import type { FormField } from "../frame/mistakes.tsx";

export interface RowKind {
  readonly id: "rates" | "quotas";
  readonly title: string;
  readonly noun: string;
  readonly columns: readonly Column[];
}

interface Column {
  readonly name: string;
  readonly label: string;
  /** In the API. */
  readonly of: string;
  /** Always chosen, also in a row that was left empty. */
  readonly options?: readonly string[];
}

export const ROW_KINDS: readonly RowKind[] = [
  {
    id: "rates",
    title: "Rates",
    noun: "Rate",
    columns: [
      { name: "rate_name", label: "Name", of: "name" },
      { name: "rate_limit", label: "Requests", of: "limit" },
      { name: "rate_window", label: "in seconds", of: "window" },
      { name: "rate_burst", label: "burst (optional)", of: "burst" },
    ],
  },
  {
    id: "quotas",
    title: "Quotas",
    noun: "Quota",
    columns: [
      { name: "quota_name", label: "Name", of: "name" },
      { name: "quota_limit", label: "Requests", of: "limit" },
      { name: "quota_per", label: "per (UTC)", of: "per", options: ["hour", "day", "month"] },
    ],
  },
];

/** Rows in which anything was written, in their order. A row without a name is not dropped: it is a mistake. */
export function rowsIn(form: Form, { columns }: RowKind): string[][] {
  const lists = columns.map(({ name }) => form.list(name).map((value) => value.trim()));
  const count = Math.max(...lists.map(({ length }) => length));
  const rows = Array.from({ length: count }, (_, row) => lists.map((list) => list[row] ?? ""));
  return rows.filter((row) => row.some((value, index) => value !== "" && !columns[index]?.options));
}

const NUMBERS = ["limit", "window", "burst"];

/** The API's `limits`, unchecked; `null` if all rows are empty. */
export function limitsIn(form: Form): Record<string, unknown> | null {
  const limits = ROW_KINDS.map((kind) => [kind.id, rowsIn(form, kind).map((row) => limitOf(kind, row))] as const);
  return limits.every(([, list]) => list.length === 0) ? null : Object.fromEntries(limits);
}

function limitOf({ columns }: RowKind, row: readonly string[]): Record<string, unknown> {
  const values = columns.map(({ of }, index) => {
    const text = row[index] ?? "";
    return [of, NUMBERS.includes(of) ? wholeNumberIn(text) : text] as const;
  });
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

/** With an empty row for one more of each kind. */
export function limitEntries(limits: OwnLimits | null): [string, string][] {
  return ROW_KINDS.flatMap(({ id, columns }) =>
    [...((limits?.[id] ?? []) as readonly Record<string, unknown>[]), {}].flatMap((limit: Record<string, unknown>) =>
      columns.map(({ name, of }): [string, string] => [name, String(limit[of] ?? "")]),
    ),
  );
}

export const cellId = (name: string, row: number) => `${name}-${row}`;

export function limitFields(form: Form): FormField[] {
  return ROW_KINDS.flatMap((kind) => [
    { id: kind.id, label: kind.title, of: `limits.${kind.id}` },
    ...rowsIn(form, kind).flatMap((_, row) =>
      kind.columns.map(({ name, label, of }) => ({
        id: cellId(name, row),
        label: `${kind.noun} ${row + 1}, ${label}`,
        of: `limits.${kind.id}.${row}.${of}`,
      })),
    ),
  ]);
}
