/**
 * How a change to rights is made. In order: the courier is called, so that somebody delivers even if this writer dies;
 * one batch writes the change, its audit event and its outbox; then the authorities are told. Once all of them know, the old
 * rights end everywhere with the leases that live: after the lease's ttl and margin.
 */

import { deliver } from "../store/delivery.ts";
import { type Affected, countOutbox, outboxInsert, readChange } from "../store/outbox.ts";
import type { Control } from "./control.ts";

export interface Committed {
  /** Rows that each statement changed. */
  readonly changes: readonly number[];
  readonly effect: Effect;
}

/** What has become of a change. */
export interface Effect {
  readonly changeId: string;
  /** Whether some authority may not know yet; the courier goes on telling them. */
  readonly isPending: boolean;
}

/** Authorities that the writer itself tells; the courier tells the others. */
const TOLD_AT_ONCE = 100;

/** `affected`: whose rights the change touches, if anyone's. */
export async function commit(
  control: Control,
  affected: Affected | undefined,
  statements: readonly D1PreparedStatement[],
): Promise<Committed> {
  const { db } = control;
  const changeId = control.newId("chg");
  const outbox = affected ? [outboxInsert(db, changeId, affected, control.now())] : [];
  // If the courier cannot be had, the change must not wait for it: authorities in use read D1 every minute.
  if (affected) await control.callCourier().catch(() => undefined);
  const results = await db.batch([...outbox, ...statements]);
  return {
    changes: results.slice(outbox.length).map(({ meta }) => meta.changes),
    effect: { changeId, isPending: affected !== undefined && !(await isToldToAll(control, changeId)) },
  };
}

/** The change is made by now: a fault delays only who hears of it, and never turns into an error. */
async function isToldToAll(control: Control, changeId: string): Promise<boolean> {
  const { db } = control;
  try {
    await deliver(db, await readChange(db, changeId, TOLD_AT_ONCE), control.tellAuthority);
    return (await countOutbox(db, changeId)) === 0;
  } catch {
    return false;
  }
}
