/** Values of an import file: how a CSV cell is read, and what is wrong with a value. The gateway checks what only it knows. */

import { readDayOrTime } from "../../domain/time.ts";

export interface Cell {
  /** Of a CSV cell that is not empty. */
  readonly read: (text: string) => unknown;
  /** What is wrong with the value. */
  readonly check: (value: unknown) => string | undefined;
  /** As the API takes it. */
  readonly send?: (value: unknown) => unknown;
}

const isText = (value: unknown): value is string => typeof value === "string" && value.trim() !== "";
const isList = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === "string");

export const text: Cell = {
  read: (cell) => cell,
  check: (value) => (isText(value) ? undefined : "must be a text"),
};

export function oneOf(choices: readonly string[]): Cell {
  return {
    read: (cell) => cell,
    check: (value) => (choices.includes(value as string) ? undefined : `must be ${choices.join(" or ")}`),
  };
}

/** CSV has spaces between the items. */
export function list(min = 0): Cell {
  return {
    read: (cell) => cell.split(/\s+/).filter(Boolean),
    check: (value) => {
      if (!isList(value)) return "must be a list of texts";
      return value.length >= min ? undefined : "must name at least one";
    },
  };
}

export const digest: Cell = {
  read: (cell) => cell,
  check: (value) =>
    typeof value === "string" && /^[0-9a-fA-F]{64}$/.test(value) ? undefined : "must be 64 hexadecimal digits",
};

const timeOf = (value: unknown) => (typeof value === "string" ? readDayOrTime(value) : undefined);

export const dayOrTime: Cell = {
  read: (cell) => cell,
  check: (value) =>
    timeOf(value) === undefined
      ? "must be a day such as 2027-01-31, or a time such as 2027-01-31T18:00:00Z"
      : undefined,
  send: (value) => new Date(timeOf(value) as number).toISOString(),
};

export const limits: Cell = {
  read: (cell) => {
    try {
      return JSON.parse(cell);
    } catch {
      return cell;
    }
  },
  check: (value) => (typeof value === "object" ? undefined : 'must be {"rates": [...], "quotas": [...]}'),
};
