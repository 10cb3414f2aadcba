/**
 * The only place where a use case writes to D1. First it calls the courier, so that a change is delivered even if this writer dies.
 * Then one batch writes the change, its audit event and its outbox. Then it tells the authorities. Once all of them know, the old
 * rights end everywhere with the present leases: after their ttl and margin.
 */

import type { Refusal } from "../errors.ts";
import { type AuditEvent, auditInsertIf } from "../store/audit.ts";
import { deliver } from "../store/delivery.ts";
import { type Affected, countOutbox, outboxInsert, readChange, readOutboxOf } from "../store/outbox.ts";
import { auditEvent, type Caller, type Control } from "./control.ts";
import { lostRace } from "./validation.ts";

export interface Committed {
  /** Of each statement: 0 if it changed nothing. Rows that a trigger writes can count too. */
  readonly changes: readonly number[];
  readonly effect: Effect;
}

/** How far a change has got. */
export interface Effect {
  readonly changeId: string;
  /** Whether some authority does not know yet. The courier keeps telling them. */
  readonly isPending: boolean;
}

/** How many authorities the writer itself tells. The courier tells the others. */
const TOLD_AT_ONCE = 100;

/** `affected`: whose rights the change touches; `undefined` if nobody's. */
export async function commit(
  control: Control,
  affected: Affected | undefined,
  statements: readonly D1PreparedStatement[],
): Promise<Committed> {
  const { db } = control;
  const changeId = control.newId("chg");
  const outbox = affected ? [outboxInsert(db, changeId, affected, control.now())] : [];
  // If the courier cannot be reached, the change must not wait for it: the reconciler finds it in D1.
  if (affected) await control.callCourier().catch(() => undefined);
  const results = await db.batch([...outbox, ...statements]);
  const [isTold] = await Promise.all([
    affected === undefined || isToldToAll(control, changeId),
    control.noteRecordChange().catch(() => undefined),
  ]);
  return {
    changes: results.slice(outbox.length).map(({ meta }) => meta.changes),
    effect: { changeId, isPending: !isTold },
  };
}

/** For what must stay ended after a restore of D1. Revoked keys need no help: their authorities remember them. */
export async function commitEnd(
  control: Control,
  affected: Affected | undefined,
  statements: readonly D1PreparedStatement[],
): Promise<Committed> {
  const committed = await commit(control, affected, statements);
  await control.collectTombstones().catch(() => undefined);
  return committed;
}

/** The change is written by now: a fault only delays its delivery, and is not an error. */
async function isToldToAll(control: Control, changeId: string): Promise<boolean> {
  const { db } = control;
  try {
    await deliver(db, await readChange(db, changeId, TOLD_AT_ONCE), control.tellAuthority);
    return (await countOutbox(db, changeId)) === 0;
  } catch {
    return false;
  }
}

/**
 * For a request that changes nothing, so that nothing is written: whether an authority does not know of an earlier change yet.
 * Delivers those, if so.
 */
export async function earlierEffect({ db, tellAuthority }: Control, affected: Affected): Promise<Effect> {
  await deliver(db, await readOutboxOf(db, affected, TOLD_AT_ONCE), tellAuthority);
  const [left] = await readOutboxOf(db, affected, 1);
  return { changeId: left?.changeId ?? "", isPending: left !== undefined };
}

type Event = Pick<AuditEvent, "organizationId" | "action" | "target">;

const WORDS = { organizations: "organization", workspaces: "workspace", members: "member", api_keys: "key" } as const;

/**
 * For a request that changes nothing: nothing is written, except for the key of an idempotent one. Its repetition must not make
 * a change that this request did not. Refuses if the record was changed in between.
 */
export async function commitNothing(
  control: Control,
  caller: Caller,
  table: keyof typeof WORDS,
  version: string,
  event: Event,
): Promise<Refusal | undefined> {
  if (!caller.idempotency) return undefined;
  const noted = auditEvent(control, caller, { ...event, details: {} });
  const { changes } = await commit(control, undefined, [auditInsertIf(control.db, noted, table, version)]);
  return changes[0] === 0 ? lostRace(caller, WORDS[table]) : undefined;
}
