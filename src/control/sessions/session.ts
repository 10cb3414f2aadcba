/** The life of a session: it begins with a sign-in link, carries a member from request to request, and ends. */

import { isLive, isSeenAnew, SESSION_LIFE_MS } from "../../domain/session.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { auditInsertIf } from "../../store/audit.ts";
import {
  type MemberSession,
  readMemberSession,
  type Session,
  sessionInsert,
  sessionRevocation,
  type Whereabouts,
  writeLastSeen,
} from "../../store/sessions.ts";
import { signInLinkSpending } from "../../store/sign-in-links.ts";
import { commit } from "../commit.ts";
import { auditEvent, type Caller, type Control } from "../control.ts";
import { findSignInLink, linkUse } from "./sign-in-link.ts";
import { hashesOfToken, newToken } from "./token.ts";

type Actor = Pick<Caller, "actor" | "via" | "requestId">;

export interface SignedIn {
  /** For the cookie; shown this once. */
  readonly token: string;
  /** The path to open next. */
  readonly next: string;
}

/** `previous`: the browser's present session. It ends, because a person who planted or saw it would be signed in too. */
export async function signIn(
  control: Control,
  request: Whereabouts & { linkToken: string; previous: string | undefined; requestId: string },
): Promise<SignedIn | Refusal> {
  const { db } = control;
  const { requestId, device, place } = request;
  const link = await findSignInLink(control, request.linkToken);
  if (isRefusal(link)) return link;
  const { token, hash } = await newToken("kgs", control);
  const [id, version, at] = [control.newId("ses"), control.newId("ver"), control.now()];
  const { organizationId, memberId, createdBy } = link;
  const event = auditEvent(
    control,
    { actor: memberId, via: id, requestId },
    { organizationId, action: "session.created", target: id, details: { memberId, linkCreatedBy: createdBy } },
  );
  const ending = await endingOf(control, requestId, request.previous, "replaced");
  if (isRefusal(ending)) return ending;
  const { changes } = await commit(control, undefined, [
    signInLinkSpending(db, { ...linkUse(control), hash: link.hash, sessionId: id }),
    sessionInsert(db, { id, hash, at, expiresAt: at + SESSION_LIFE_MS, version, device, place }, link.hash),
    auditInsertIf(db, event, "sessions", version),
    ...ending,
  ]);
  return changes[0] === 1 ? { token, next: link.next } : { code: "sign_in_link_invalid" };
}

/** Who is signed in by this token, with the role that they have now. */
export async function findSession(control: Control, token: string): Promise<MemberSession | Refusal> {
  const session = await readLive(control, token);
  if (!session) return { code: "session_ended" };
  if (isRefusal(session)) return session;
  const now = control.now();
  if (session.organization.status === "suspended") return { code: "organization_suspended" };
  if (isSeenAnew(session, now)) await writeLastSeen(control.db, session.id, now);
  return session;
}

export async function signOut(
  control: Control,
  requestId: string,
  token: string | undefined,
): Promise<Refusal | undefined> {
  const ending = await endingOf(control, requestId, token, "signed_out");
  if (isRefusal(ending)) return ending;
  if (ending.length > 0) await commit(control, undefined, ending);
  return undefined;
}

async function readLive(control: Control, token: string): Promise<MemberSession | Refusal | undefined> {
  const hashes = await hashesOfToken(control, "kgs", token);
  if (!hashes) return undefined;
  return control.look(hashes[0], async () => {
    const session = await readMemberSession(control.db, hashes);
    return session && isLive(session, control.now()) ? session : undefined;
  });
}

/** Ended by the member. Does nothing if the session has ended already. */
async function endingOf(
  control: Control,
  requestId: string,
  token: string | undefined,
  reason: string,
): Promise<D1PreparedStatement[] | Refusal> {
  const session = token === undefined ? undefined : await readLive(control, token);
  if (!session) return [];
  if (isRefusal(session)) return session;
  return revocationOf(control, { actor: session.memberId, via: session.id, requestId }, session, reason);
}

/** With its audit event. */
export function revocationOf(
  control: Control,
  actor: Actor,
  { id, organizationId, memberId }: Session,
  reason: string,
): D1PreparedStatement[] {
  const { db } = control;
  const version = control.newId("ver");
  const event = auditEvent(control, actor, {
    organizationId,
    action: "session.revoked",
    target: id,
    details: { memberId, reason },
  });
  return [sessionRevocation(db, { id, at: control.now(), version }), auditInsertIf(db, event, "sessions", version)];
}
