/** Sessions as their holders, owners and the root token see and end them. */

import { isLive } from "../../domain/session.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import type { Page, PageRequest } from "../../store/pages.ts";
import { listSessions as list, readSession, type Session } from "../../store/sessions.ts";
import { commit } from "../commit.ts";
import type { Caller, Control } from "../control.ts";
import { notFound } from "../validation.ts";
import { findHolder, managesSessionsOf, refuseKey } from "./rules.ts";
import { revocationOf } from "./session.ts";

const BATCH = 20;

/** Those that have not ended. Without `memberId`, the caller's own. */
export async function listSessions(
  control: Control,
  caller: Caller,
  memberId: string | undefined,
  page: PageRequest,
): Promise<Page<Session> | Refusal> {
  const holder = await findHolder(control, caller, memberId);
  return isRefusal(holder) ? holder : list(control.db, holder.id, control.now(), page);
}

/** One that has not ended, and that the caller can end. */
export async function findManagedSession(control: Control, caller: Caller, id: string): Promise<Session | Refusal> {
  const refusal = refuseKey(caller);
  if (refusal) return refusal;
  const session = await readSession(control.db, id);
  const isFound = session && managesSessionsOf(caller, session) && isLive(session, control.now());
  return isFound ? session : notFound("session");
}

/** Final, and at once. */
export async function revokeSession(control: Control, caller: Caller, id: string): Promise<Session | Refusal> {
  const session = await findManagedSession(control, caller, id);
  if (isRefusal(session)) return session;
  await commit(control, undefined, revocationOf(control, caller, session, "revoked"));
  return session;
}

/** All of a member, but for the one that the call is made with. How many there were. */
export async function revokeSessions(
  control: Control,
  caller: Caller,
  memberId: string | undefined,
): Promise<{ revoked: number } | Refusal> {
  const holder = await findHolder(control, caller, memberId);
  if (isRefusal(holder)) return holder;
  const { db } = control;
  for (let revoked = 0; ; ) {
    const { items } = await list(db, holder.id, control.now(), { limit: BATCH, after: undefined });
    const others = items.filter(({ id }) => id !== caller.via);
    if (others.length === 0) return { revoked };
    await commit(
      control,
      undefined,
      others.flatMap((session) => revocationOf(control, caller, session, "revoked")),
    );
    revoked += others.length;
  }
}
