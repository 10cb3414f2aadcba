/** Answers about sign-in links and sessions. */

import * as z from "zod";
import { id, time } from "../../records/forms.ts";

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
