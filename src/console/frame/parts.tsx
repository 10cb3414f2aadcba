/** Small parts of pages. */

import type { Child, PropsWithChildren } from "hono/jsx";
import type { Gateway } from "../../config/compile.ts";
import { DAY_MS } from "../../domain/durations.ts";
import { describe, ERRORS, isRefusal, type Refusal } from "../../errors.ts";
import type { Status } from "../../records/key.ts";
import { agoOf, dayOf, momentOf, spanOf } from "./words.ts";

/** The main environment differs from the others in word, colour and shape. */
export function EnvironmentBadge({ name, gateway }: { name: string; gateway: Gateway }) {
  return <span class={name === gateway.mainEnvironment ? "environment main" : "environment"}>{name}</span>;
}

/** The other statuses name their own reason. */
export function StatusBadge({ of: { status, statusReason } }: { of: Status }) {
  return (
    <>
      <span class={`status ${status}`}>{status}</span>
      {status === "blocked" && statusReason && <span class="quietly">{ERRORS[statusReason].title}</span>}
    </>
  );
}

/** In one line: the title says why. */
export function StatusWord({ of: { status, statusReason } }: { of: Status }) {
  const why = status === "blocked" && statusReason ? ERRORS[statusReason].title : undefined;
  return (
    <span class={`status ${status}`} title={why}>
      {status}
      {why && <span class="unseen">: {why}</span>}
    </span>
  );
}

export function Moment({ at }: { at: number }) {
  return <time datetime={new Date(at).toISOString()}>{momentOf(at)}</time>;
}

/** `words`: instead of the day, which the title says. */
export function Day({ at, words = dayOf(at) }: { at: number; words?: string }) {
  return (
    <time datetime={new Date(at).toISOString()} title={momentOf(at)}>
      {words}
    </time>
  );
}

export function Ago({ at, now, never = "never" }: { at: number | null; now: number; never?: string }) {
  if (at === null) return <span class="faint">{never}</span>;
  return (
    <time datetime={new Date(at).toISOString()} title={momentOf(at)}>
      {agoOf(at, now)}
    </time>
  );
}

export const SOON_MS = 30 * DAY_MS;

export function Expiry({ at, now }: { at: number; now: number }) {
  const left = at - now;
  return (
    <>
      <Day at={at} /> {left > 0 && left < SOON_MS && <span class="soon">in {spanOf(left)}</span>}
    </>
  );
}

export function Notice({ kind, children }: PropsWithChildren<{ kind: "good" | "bad" | "note" }>) {
  return (
    <div class={`notice ${kind}`} role={kind === "bad" ? "alert" : "status"}>
      {children}
    </div>
  );
}

/** A part of a page that can fail alone. */
export function Part<T>({ of, children }: { of: T | Refusal; children: (value: T) => Child }) {
  return isRefusal(of) ? <p class="faint">{describe(of).detail}</p> : children(of as T);
}

export interface Column<T> {
  readonly label: string;
  /** Stands on the right, digit below digit. */
  readonly isNumber?: boolean;
  readonly cell: (row: T) => Child;
}

interface TableProps<T> {
  readonly caption: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  /** Of what is in its cells, if not of their number. */
  readonly size?: "few" | "some" | "many";
}

/** Where it has too little room, each row becomes a card; the roles keep it a table for screen readers. */
export function Table<T>({ caption, columns, rows, size = sizeOf(columns.length) }: TableProps<T>) {
  return (
    // biome-ignore-start lint/a11y/noRedundantRoles: the narrow layout changes how the elements are displayed, and with it what they mean
    <div class={`table ${size}`}>
      <table role="table">
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr role="row">
            {columns.map(({ label, isNumber }) => (
              <th scope="col" role="columnheader" class={isNumber ? "number" : undefined}>
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr role="row">
              {columns.map(({ label, cell, isNumber }) => (
                <td role="cell" data-label={label} class={isNumber ? "number" : undefined}>
                  <div>{cell(row)}</div>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
    // biome-ignore-end lint/a11y/noRedundantRoles: as above
  );
}

function sizeOf(columns: number): "few" | "some" | "many" {
  return columns > 4 ? "many" : columns > 2 ? "some" : "few";
}

export function Facts({ facts }: { facts: readonly (readonly [string, Child])[] }) {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A short text to copy, in its line. */
export function Copied({ id, label, text }: { id: string; label: string; text: string }) {
  return (
    <span class="copied">
      <code id={id}>{text}</code>
      <CopyButton of={id} label={label} isSmall />
    </span>
  );
}

function CopyButton({ of, label, isSmall }: { of: string; label: string; isSmall?: true }) {
  return (
    <button type="button" class={isSmall ? "quiet small" : "quiet"} data-copy={of} hidden>
      Copy<span class="unseen"> {label}</span>
    </button>
  );
}

/** Text with code in backticks. */
export function Prose({ text }: { text: string }) {
  return <>{text.split("`").map((part, at) => (at % 2 === 1 ? <code>{part}</code> : part))}</>;
}

/** Text to copy. Without script there is no button, but the text can be selected. */
export function Copyable({ id, label, text }: { id: string; label: string; text: string }) {
  return (
    <div class="copyable">
      <pre id={id}>{text}</pre>
      <CopyButton of={id} label={label} />
    </div>
  );
}
