/** The filters of the audit trail, folded, those that are set, and the exports of what matches. */

import type { JSXNode } from "hono/jsx";
import type { MemberRecord } from "../../records/member.ts";
import { type Chip, Chips } from "../frame/chips.tsx";
import { MAX_LISTED, type NameOf } from "../frame/directory.ts";
import { Cell, Options } from "../frame/fields.tsx";
import type { FormField, Problems } from "../frame/mistakes.tsx";
import { ACTIONS, wordsOf } from "./sentences.ts";

/** In the order of the page. */
export const FILTER_FIELDS: readonly FormField[] = [
  { id: "action", label: "What" },
  { id: "actor", label: "Who" },
  { id: "target", label: "To what (id)" },
  { id: "from", label: "From (UTC)" },
  { id: "to", label: "Until (UTC)" },
];

interface Props {
  readonly chosen: URLSearchParams;
  readonly members: readonly MemberRecord[];
  readonly problems: Problems;
  readonly nameOf: NameOf;
}

export function AuditFilters({ chosen, members, problems, nameOf }: Props) {
  const controls = controlsOf(chosen, members);
  return (
    <>
      <form class="find" action="/audit" novalidate>
        <details class="drop" open={FILTER_FIELDS.some(({ id }) => problems.has(id))}>
          <summary class="button quiet">Filters{chosen.size > 0 && ` (${chosen.size})`}</summary>
          <div class="panel">
            {FILTER_FIELDS.map(({ id, label }) => (
              <Cell name={id} id={id} label={label} problem={problems.get(id)}>
                {controls[id] as JSXNode}
              </Cell>
            ))}
            {members.length >= MAX_LISTED && (
              <p class="hint">
                At most {MAX_LISTED} members are listed. The page of each member has a link to their actions.
              </p>
            )}
            <button type="submit">Show events</button>
          </div>
        </details>
        <p class="hint export">
          Export all as <a href={`/audit/events.csv?${chosen}`}>CSV</a> or{" "}
          <a href={`/audit/events.ndjson?${chosen}`}>NDJSON</a>
        </p>
      </form>
      <Chips chips={chipsOf(chosen, nameOf)} all="/audit" />
    </>
  );
}

function controlsOf(chosen: URLSearchParams, members: readonly MemberRecord[]): Record<string, unknown> {
  const picked = (id: string, options: readonly (readonly [string, string])[]) => {
    const value = chosen.get(id) ?? "";
    const isKnown = value === "" || options.some(([one]) => one === value);
    return (
      <select>
        <Options options={[["", "any"], ...(isKnown ? [] : [[value, value] as const]), ...options]} chosen={value} />
      </select>
    );
  };
  const typed = (id: string, type: "text" | "date", placeholder?: string) => (
    <input type={type} placeholder={placeholder} value={chosen.get(id) ?? ""} autocomplete="off" />
  );
  return {
    action: picked(
      "action",
      ACTIONS.map((action) => [action, wordsOf(action).name]),
    ),
    actor: picked("actor", [...members.map(({ id, name }) => [id, name] as const), ["root", "the root token"]]),
    target: typed("target", "text", "key_…"),
    from: typed("from", "date"),
    to: typed("to", "date"),
  };
}

function chipsOf(chosen: URLSearchParams, nameOf: NameOf): Chip[] {
  return FILTER_FIELDS.filter(({ id }) => chosen.has(id)).map(({ id, label }) => {
    const value = chosen.get(id) ?? "";
    const rest = new URLSearchParams(chosen);
    rest.delete(id);
    const path = rest.size === 0 ? "/audit" : `/audit?${rest}`;
    return { label, value: id === "action" ? wordsOf(value).name : id === "actor" ? nameOf(value) : value, path };
  });
}
