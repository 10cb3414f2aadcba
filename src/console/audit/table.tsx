/** Audit events as a table. */

import type { AuditEvent } from "../../store/audit.ts";
import type { NameOf } from "../frame/directory.ts";
import { type Column, Moment, Table } from "../frame/parts.tsx";

const COLUMNS: readonly Column<AuditEvent>[] = [
  { label: "When", cell: ({ at }) => <Moment at={at} /> },
  {
    label: "What",
    cell: ({ action, details }) => (
      <>
        <code>{action}</code>
        <Details details={details} />
      </>
    ),
  },
];

export function History({ events, nameOf }: { events: readonly AuditEvent[]; nameOf: NameOf }) {
  if (events.length === 0) return <p class="faint">No events yet.</p>;
  const who = { label: "Actor", cell: ({ actor }: AuditEvent) => nameOf(actor) };
  return <Table caption="History" rows={events} columns={[...COLUMNS, who]} />;
}

export function Trail({ events, nameOf }: { events: readonly AuditEvent[]; nameOf: NameOf }) {
  const more: Column<AuditEvent>[] = [
    { label: "Target", cell: ({ target }) => <Target id={target} name={nameOf(target)} /> },
    {
      label: "Actor",
      cell: ({ actor, via }) => (
        <>
          <a href={`/audit?actor=${actor}`}>{nameOf(actor)}</a>
          {via !== actor && <span class="quietly">by {viaOf(via)}</span>}
        </>
      ),
    },
    { label: "Request", cell: ({ requestId }) => <code>{requestId}</code> },
  ];
  return <Table caption="Audit trail" rows={events} columns={[...COLUMNS, ...more]} />;
}

function viaOf(via: string): string {
  return via === "root" ? "the root token" : via.startsWith("ses_") ? "a console session" : `the key ${via}`;
}

function Target({ id, name }: { id: string; name: string }) {
  return (
    <>
      <a href={`/audit?target=${id}`}>{name}</a>
      {id.startsWith("key_") && (
        <span class="quietly">
          <a href={`/keys/${id}`}>the key</a>
        </span>
      )}
    </>
  );
}

function Details({ details }: { details: Record<string, unknown> }) {
  const entries = Object.entries(details).filter(([, value]) => value !== null && value !== "");
  return (
    <>
      {entries.map(([name, value]) => (
        <span class="quietly">
          {name.replaceAll("_", " ")}: {changeText(value) ?? text(value)}
        </span>
      ))}
    </>
  );
}

function changeText(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if ("from" in value && "to" in value) return `${text(value.from)} → ${text(value.to)}`;
  return "removed" in value && "added" in value
    ? `without ${text(value.removed)}, with ${text(value.added)}`
    : undefined;
}

function text(value: unknown): string {
  if (Array.isArray(value)) return value.length > 0 ? value.join(", ") : "none";
  if (value === null || value === undefined) return "none";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
