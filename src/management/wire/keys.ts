/** What calls about keys take beside the key itself. */

import * as z from "zod";
import { MAX_GRACE_SECONDS } from "../../control/keys/rotate.ts";
import { PERMISSIONS, REACHES } from "../../domain/key.ts";
import { KEY_STATUSES } from "../../domain/key-status.ts";
import { givenId } from "../../records/forms.ts";
import { KEY_SORTS } from "../../store/key-list.ts";
import { page, wholeNumber } from "./page.ts";

export const unusedQuery = z.strictObject({ ...page, days: wholeNumber(1, 3_650).default(90) });

export const rotationBody = z.strictObject({
  grace_seconds: z.int().min(0).max(MAX_GRACE_SECONDS),
});

export const revocationBody = z.strictObject({ reason: z.string().max(2000).nullable().default(null) });

export const keyPageQuery = z.strictObject({
  ...page,
  organization_id: givenId,
  environment: z.string().optional(),
  reach: z.enum(REACHES).optional(),
  permission: z.enum(PERMISSIONS).optional(),
  status: z.enum(KEY_STATUSES).optional(),
  member_id: givenId.optional(),
  workspace_id: givenId.optional(),
  scope: z.string().max(200).optional(),
  q: z.string().max(200).optional(),
  sort: z.enum(KEY_SORTS).default("created_at"),
});
