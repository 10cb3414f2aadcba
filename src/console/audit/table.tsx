/** Audit events as sentences, with their details folded. */

import type { AuditEvent } from "../../store/audit.ts";
import type { NameOf } from "../frame/directory.ts";
import { type Column, Moment, Table } from "../frame/parts.tsx";
import { wordsOf } from "./sentences.ts";

const WHEN: Column<AuditEvent> = { label: "When", cell: ({ at }) => <Moment at={at} /> };

interface Props {
  readonly events: readonly AuditEvent[];
  readonly nameOf: NameOf;
}

/** Of one key, on its page. */
export function History({ events, nameOf }: Props) {
  if (events.length === 0) return <p class="faint">No events yet.</p>;
  const what = { label: "What happened", cell: (event: AuditEvent) => <Sentence event={event} nameOf={nameOf} /> };
  return <Events caption="History" events={events} what={what} />;
}

export function Trail({ events, nameOf }: Props) {
  const what = {
    label: "What happened",
    cell: (event: AuditEvent) => <Sentence event={event} nameOf={nameOf} isLinked />,
  };
  return <Events caption="Audit trail" events={events} what={what} />;
}

interface EventsProps extends Pick<Props, "events"> {
  readonly caption: string;
  readonly what: Column<AuditEvent>;
}

function Events({ caption, events, what }: EventsProps) {
  return (
    <div class="trail">
      <Table caption={caption} size="some" rows={events} columns={[WHEN, what]} />
    </div>
  );
}

/** `isLinked`: each name leads to what else it did, or what else was done to it. */
function Sentence({ event, nameOf, isLinked = false }: { event: AuditEvent; nameOf: NameOf; isLinked?: boolean }) {
  const { action, actor } = event;
  const { deed, rest, isOwn } = wordsOf(action);
  const thing = thingOf(event);
  const { reason } = event.details;
  const named = (id: string, of: "actor" | "target") => {
    const name = nameOf(id);
    return isLinked ? <a href={`/audit?${of}=${encodeURIComponent(id)}`}>{name}</a> : <strong>{name}</strong>;
  };
  return (
    <>
      {named(actor, "actor")} {deed}
      {!isOwn && <> {named(thing, "target")}</>}
      {rest && ` ${rest}`}
      {typeof reason === "string" && reason !== "" && `, reason: ${reason}`}
      <Details event={event} thing={thing} isLinked={isLinked} />
    </>
  );
}

/** Sessions have no names: their member is what matters. */
function thingOf({ target, details }: AuditEvent): string {
  return target.startsWith("ses_") && typeof details.member_id === "string" ? details.member_id : target;
}

const PAGES: Readonly<Record<string, string>> = { key: "/keys", ws: "/workspaces", mem: "/members" };

function Details({ event, thing, isLinked }: { event: AuditEvent; thing: string; isLinked: boolean }) {
  const { action, target, actor, via, requestId, details } = event;
  const page = PAGES[thing.slice(0, thing.indexOf("_"))];
  const entries = Object.entries(details).filter(
    ([name, value]) => value !== null && value !== "" && name !== "reason",
  );
  return (
    <details class="aside">
      <summary>
        Details<span class="unseen"> of {action}</span>
      </summary>
      <dl class="facts">
        {entries.map(([name, value]) => (
          <Detail name={name.replaceAll("_", " ")}>{changeText(value) ?? text(value)}</Detail>
        ))}
        <Detail name="action">{action}</Detail>
        <Detail name="target">{isLinked && page ? <a href={`${page}/${thing}`}>{target}</a> : target}</Detail>
        <Detail name="actor">{via === actor ? actor : `${actor}, by ${viaOf(via)}`}</Detail>
        <Detail name="request">{requestId}</Detail>
      </dl>
    </details>
  );
}

function Detail({ name, children }: { name: string; children?: unknown }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children as string}</dd>
    </div>
  );
}

function viaOf(via: string): string {
  return via === "root" ? "the root token" : via.startsWith("ses_") ? "a console session" : `the key ${via}`;
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
