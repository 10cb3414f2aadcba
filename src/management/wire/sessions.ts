/** Sign-in links and sessions. */

import * as z from "zod";
import { givenId, id, time } from "../../records/forms.ts";
import type { Session } from "../../store/sessions.ts";
import type { Invitation } from "../../store/sign-in-links.ts";
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

export const invitationAnswer = z
  .strictObject({
    member_id: id,
    created_by: z.string(),
    created_at: time,
    expires_at: time,
  })
  .meta({ id: "Invitation" });

export function renderInvitation({ memberId, createdBy, createdAt, expiresAt }: Invitation) {
  return {
    member_id: memberId,
    created_by: createdBy,
    created_at: new Date(createdAt).toISOString(),
    expires_at: new Date(expiresAt).toISOString(),
  };
}

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
    device: z.string().nullable(),
    place: z.string().nullable(),
  })
  .meta({ id: "Session" });

export const revokedSessionsAnswer = z.strictObject({ revoked: z.int() }).meta({ id: "RevokedSessions" });

/** `current`: by what the call was made. */
export function renderSession(session: Session, current: string) {
  const { id, organizationId, memberId, createdAt, lastSeenAt, expiresAt, device, place } = session;
  return {
    id,
    organization_id: organizationId,
    member_id: memberId,
    current: id === current,
    created_at: new Date(createdAt).toISOString(),
    last_seen_at: new Date(lastSeenAt).toISOString(),
    expires_at: new Date(expiresAt).toISOString(),
    device,
    place,
  };
}
