/** Keys as rows: one line each, two on narrow screens. */

import type { Child } from "hono/jsx";
import type { Gateway } from "../../config/compile.ts";
import type { UsageOfKeys } from "../../control/keys/usage-of-keys.ts";
import { type ManagedKey, statusOf } from "../../records/key.ts";
import type { KeySort } from "../../store/key-list.ts";
import type { NameOf } from "../frame/directory.ts";
import { Day, EnvironmentBadge, SOON_MS, StatusWord } from "../frame/parts.tsx";
import { endOf, listOf, number, PERMISSION_WORDS, plural, REACH_WORDS, shortAgoOf, spanOf } from "../frame/words.ts";
import { broadestFirst } from "./breadth.ts";
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
  const isByEnd = props.sort.endsWith("expires_at");
  return (
    // biome-ignore-start lint/a11y/noRedundantRoles: the narrow layout changes how the elements are displayed, and with it what they mean
    <table role="table" class={isByEnd ? "keys by-end" : "keys"}>
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
    label: (
      <span title="Requests, 7 days">
        <span class="unseen">Requests, </span>7 days
      </span>
    ),
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
    {
      name: "scopes",
      label: "Scopes",
      cell: (key) => <Scopes keyOf={key} gateway={gateway} workspaceName={workspaceName} />,
    },
    {
      name: "created",
      label: "Created",
      sorts: ["-created_at", "created_at"],
      cell: ({ createdAt, memberId }) => (
        <>
          <Day at={createdAt} words={shortAgoOf(createdAt, now)} />
          {memberId !== null && <Second text={memberName(memberId)} />}
        </>
      ),
    },
    ...(usage ? [trend] : []),
    {
      name: "used",
      label: "Last used",
      sorts: ["-last_used_at", "last_used_at"],
      cell: ({ lastUsedAt }) =>
        lastUsedAt === null ? (
          <span class="faint">
            never<span class="narrow"> used</span>
          </span>
        ) : (
          <>
            <span class="narrow">used </span>
            <Day at={lastUsedAt} words={shortAgoOf(lastUsedAt, now)} />
          </>
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

/** The second line of a cell, in small letters. */
function Second({ text }: { text: string }) {
  return (
    <small class="second faint" title={text}>
      {text}
    </small>
  );
}

interface ScopesProps {
  readonly keyOf: ManagedKey;
  readonly gateway: Gateway;
  readonly workspaceName: NameOf;
}

/** The broadest one, and what the key can do with it and where. The title and readers of screens have the others too. */
function Scopes({ keyOf: key, gateway, workspaceName }: ScopesProps) {
  const scopes = broadestFirst(key.scopes, gateway.policy);
  const [isEverywhere, permission] = [key.reach === "organization", PERMISSION_WORDS[key.permission]];
  const count = isEverywhere ? REACH_WORDS.organization : plural(key.workspaceIds.length, "workspace");
  const places = isEverywhere ? count : listOf(key.workspaceIds.map(workspaceName));
  const whole = `${permission}, ${places}: ${scopes.join(", ")}`;
  return (
    <span title={whole}>
      <span class="unseen">{whole}</span>
      <span class="first" aria-hidden="true">
        <code>{scopes[0]}</code>
        {scopes.length > 1 && <span>+{scopes.length - 1}</span>}
      </span>
      <small class="second faint" aria-hidden="true">
        {permission}, {count}
      </small>
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
  const word = <span class="narrow">{left > 0 ? "expires " : "expired "}</span>;
  if (status !== "active" || left >= SOON_MS) {
    return (
      <>
        {word}
        <Day at={key.expiresAt} />
      </>
    );
  }
  return (
    <span class="soon">
      {word}
      <Day at={key.expiresAt} words={`in ${spanOf(left)}`} />
    </span>
  );
}
