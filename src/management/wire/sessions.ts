/** Sign-in links and sessions. */

import * as z from "zod";
import { givenId, id, time } from "../../records/forms.ts";
import type { Session } from "../../store/sessions.ts";
import { page } from "./page.ts";

export const signInLinkBody = z.strictObject({
  member_id: givenId,
  next: z.string().max(2000).default("/"),
});

export const signInLinkAnswer = z
  .strictObject({
    url: z.string(),
    expires_at: time,
  })
  .meta({ id: "SignInLink" });

const ofMember = { member_id: givenId.optional() };

export const sessionPageQuery = z.strictObject({ ...page, ...ofMember });

export const sessionsQuery = z.strictObject(ofMember);

export const sessionAnswer = z
  .strictObject({
    id,
    organization_id: id,
    member_id: id,
    current: z.boolean(),
    created_at: time,
    last_seen_at: time,
    expires_at: time,
  })
  .meta({ id: "Session" });

export const revokedSessionsAnswer = z.strictObject({ revoked: z.int() }).meta({ id: "RevokedSessions" });

/** `current`: by what the call was made. */
export function renderSession(session: Session, current: string) {
  const { id, organizationId, memberId, createdAt, lastSeenAt, expiresAt } = session;
  return {
    id,
    organization_id: organizationId,
    member_id: memberId,
    current: id === current,
    created_at: new Date(createdAt).toISOString(),
    last_seen_at: new Date(lastSeenAt).toISOString(),
    expires_at: new Date(expiresAt).toISOString(),
  };
}
