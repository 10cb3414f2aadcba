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

export function Moment({ at }: { at: number }) {
  return <time datetime={new Date(at).toISOString()}>{momentOf(at)}</time>;
}

export function Day({ at }: { at: number }) {
  return (
    <time datetime={new Date(at).toISOString()} title={momentOf(at)}>
      {dayOf(at)}
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
  /** Replaces the label if the heading is more than text. */
  readonly heading?: Child;
  readonly sort?: "ascending" | "descending" | undefined;
  readonly cell: (row: T) => Child;
}

/** On narrow screens each row becomes a card; the roles keep it a table for screen readers. */
export function Table<T>({
  caption,
  columns,
  rows,
}: {
  caption: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
}) {
  return (
    // biome-ignore-start lint/a11y/noRedundantRoles: the narrow layout changes how the elements are displayed, and with it what they mean
    <table role="table">
      <caption class="unseen">{caption}</caption>
      <thead>
        <tr role="row">
          {columns.map(({ label, heading = label, sort }) => (
            <th scope="col" role="columnheader" aria-sort={sort}>
              {heading}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr role="row">
            {columns.map(({ label, cell }) => (
              <td role="cell" data-label={label}>
                <div>{cell(row)}</div>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
    // biome-ignore-end lint/a11y/noRedundantRoles: as above
  );
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

/** Text to copy. Without script there is no button, but the text can be selected. */
export function Copyable({ id, label, text }: { id: string; label: string; text: string }) {
  return (
    <div class="copyable">
      <pre id={id}>{text}</pre>
      <button type="button" class="quiet" data-copy={id} hidden>
        Copy<span class="unseen"> {label}</span>
      </button>
    </div>
  );
}
