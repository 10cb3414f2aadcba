/** Keys as rows: one line each, two on narrow screens. */

import type { Child } from "hono/jsx";
import type { Gateway } from "../../config/compile.ts";
import type { UsageOfKeys } from "../../control/keys/usage-of-keys.ts";
import { type ManagedKey, statusOf } from "../../records/key.ts";
import type { KeySort } from "../../store/key-list.ts";
import type { NameOf } from "../frame/directory.ts";
import { Day, EnvironmentBadge, SOON_MS, StatusWord } from "../frame/parts.tsx";
import { agoOf, listOf, number, PERMISSION_WORDS, plural, shortAgoOf, spanOf } from "../frame/words.ts";
import { listPath } from "./chosen.ts";
import { RowMenu } from "./row-menu.tsx";
import { Sparkline, shortNumber } from "./sparkline.tsx";

export interface RowsProps {
  readonly keys: readonly ManagedKey[];
  readonly chosen: URLSearchParams;
  readonly sort: string;
  readonly gateway: Gateway;
  readonly now: number;
  /** `undefined` if the visitor cannot see it. */
  readonly usage: UsageOfKeys | undefined;
  readonly workspaceName: NameOf;
  readonly memberName: NameOf;
  readonly can: { readonly write: boolean; readonly revoke: boolean };
}

interface Column {
  /** Of its cells and its heading. */
  readonly name: string;
  readonly label: Child;
  readonly sorts?: readonly [KeySort, KeySort];
  readonly cell: (key: ManagedKey) => Child;
}

export function KeyRows(props: RowsProps) {
  const columns = columnsOf(props);
  return (
    // biome-ignore-start lint/a11y/noRedundantRoles: the narrow layout changes how the elements are displayed, and with it what they mean
    <table role="table" class="keys">
      <caption class="unseen">API keys</caption>
      <thead>
        <tr role="row">
          {columns.map(({ name, label, sorts }) => (
            <th scope="col" role="columnheader" class={name} aria-sort={sorts && directionOf(sorts, props.sort)}>
              {sorts ? <a href={listPath(props.chosen, { sort: nextOf(sorts, props.sort) })}>{label}</a> : label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {props.keys.map((key) => (
          <tr role="row">
            {columns.map(({ name, cell }) => (
              <td role="cell" class={name}>
                {cell(key)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
    // biome-ignore-end lint/a11y/noRedundantRoles: as above
  );
}

/** The first order; the other one if the list has it already. */
function nextOf([first, second]: readonly [KeySort, KeySort], now: string): KeySort {
  return now === first ? second : first;
}

function directionOf(sorts: readonly KeySort[], now: string): "ascending" | "descending" | undefined {
  if (!sorts.includes(now as KeySort)) return undefined;
  return now.startsWith("-") ? "descending" : "ascending";
}

function columnsOf({ gateway, now, usage, memberName, workspaceName, can }: RowsProps): Column[] {
  const trend: Column = {
    name: "trend",
    label: "7 days",
    cell: ({ id }) => <Trend days={usage?.get(id)} />,
  };
  return [
    {
      name: "select",
      label: <span class="unseen">Select</span>,
      cell: ({ id, name }) => (
        <input type="checkbox" class="pick" name="key" value={id} aria-label={`Select ${name}`} />
      ),
    },
    {
      name: "key",
      label: "Key",
      sorts: ["name", "-name"],
      cell: ({ id, name, description, hint }) => (
        <>
          <strong>
            <a href={`/keys/${id}`} title={description ? `${name}: ${description}` : name}>
              {name}
            </a>
          </strong>{" "}
          <code title={hint}>{endOf(hint)}</code>
        </>
      ),
    },
    {
      name: "environment-of",
      label: "Environment",
      cell: ({ environment }) => <EnvironmentBadge name={environment} gateway={gateway} />,
    },
    { name: "scopes", label: "Scopes", cell: (key) => <Scopes keyOf={key} workspaceName={workspaceName} /> },
    {
      name: "creator",
      label: "Created by",
      sorts: ["-created_at", "created_at"],
      cell: ({ createdAt, memberId }) => (
        <span title={`Created ${agoOf(createdAt, now)}`}>{memberId === null ? "–" : memberName(memberId)}</span>
      ),
    },
    ...(usage ? [trend] : []),
    {
      name: "used",
      label: "Last used",
      sorts: ["-last_used_at", "last_used_at"],
      cell: ({ lastUsedAt }) =>
        lastUsedAt === null ? (
          <span class="faint">never</span>
        ) : (
          <Day at={lastUsedAt} words={shortAgoOf(lastUsedAt, now)} />
        ),
    },
    {
      name: "expires",
      label: "Expires",
      sorts: ["expires_at", "-expires_at"],
      cell: (key) => <End keyOf={key} gateway={gateway} now={now} />,
    },
    { name: "state", label: "Status", cell: (key) => <StatusWord of={statusOf(key, gateway, now)} /> },
    {
      name: "menu-of",
      label: <span class="unseen">Actions</span>,
      cell: (key) => <RowMenu keyOf={key} now={now} can={can} />,
    },
  ];
}

/** "…aB1c" of "kg_live_…aB1c": the environment says the rest. */
function endOf(hint: string): string {
  const at = hint.lastIndexOf("…");
  return at < 0 ? hint : hint.slice(at);
}

function Scopes({ keyOf: key, workspaceName }: { keyOf: ManagedKey; workspaceName: NameOf }) {
  const [first = "", ...more] = key.scopes;
  const places = key.reach === "organization" ? "all workspaces" : listOf(key.workspaceIds.map(workspaceName));
  return (
    <span title={`${PERMISSION_WORDS[key.permission]}, ${places}: ${key.scopes.join(", ")}`}>
      <code>{first}</code>
      {more.length > 0 && <span>+{more.length}</span>}
    </span>
  );
}

function Trend({ days }: { days: readonly number[] | undefined }) {
  const total = days?.reduce((sum, requests) => sum + requests, 0) ?? 0;
  if (!days || total === 0) return <span class="faint">0</span>;
  return (
    <span
      class="week"
      title={`${plural(total, "request")} within 7 days, today so far included: ${days.map(number).join(", ")}`}
    >
      <Sparkline days={days} />
      <span>{shortNumber(total)}</span>
    </span>
  );
}

/** A key that does not work says no time that it has left. */
function End({ keyOf: key, gateway, now }: { keyOf: ManagedKey; gateway: Gateway; now: number }) {
  const { status } = statusOf(key, gateway, now);
  if (status === "revoked") return <span class="faint">–</span>;
  const left = key.expiresAt - now;
  if (status !== "active" || left >= SOON_MS) return <Day at={key.expiresAt} />;
  return (
    <span class="soon">
      <Day at={key.expiresAt} words={`in ${spanOf(left)}`} />
    </span>
  );
}
