/** What the management API takes: bodies and queries in the API's own names. What it answers is in `answers.ts`. */

import * as z from "zod";
import { PERMISSIONS, REACHES } from "../../domain/key.ts";
import { KEY_STATUSES } from "../../domain/key-status.ts";
import { givenId as id, givenTime as time, unique } from "../../records/forms.ts";
import { KEY_SORTS } from "../../store/key-list.ts";
import { USAGE_GROUPS } from "../../store/usage-list.ts";

export const rotationBody = z.strictObject({
  grace_seconds: z
    .int()
    .min(0)
    .describe("How long the old secrets keep working next to the new one; 0 ends them at once."),
});

export const revocationBody = z.strictObject({ reason: z.string().max(2000).nullable().default(null) });

const page = { limit: z.coerce.number().int().min(1).max(100).default(50), cursor: z.string().optional() };
export const pageQuery = z.strictObject(page);
export const organizationPageQuery = z.strictObject({ ...page, organization_id: id });
export const keyPageQuery = z.strictObject({
  ...page,
  organization_id: id,
  environment: z.string().optional(),
  reach: z.enum(REACHES).optional(),
  permission: z.enum(PERMISSIONS).optional(),
  status: z.enum(KEY_STATUSES).optional(),
  member_id: id.optional(),
  workspace_id: id.optional(),
  scope: z.string().max(200).optional().describe("As granted: a scope, or a bundle by its name."),
  q: z.string().max(200).optional().describe("A part of the name or description; case is ignored for A to Z."),
  sort: z.enum(KEY_SORTS).default("created_at"),
});

export const auditQuery = z.strictObject({
  ...page,
  organization_id: id,
  target: id.optional().describe("The id of the changed record."),
  actor: id.optional().describe("`root`, or the id of a member or key."),
  action: z.string().max(64).optional().describe("For example `api_key.created`."),
  from: time.optional(),
  to: time.optional(),
});

export const signInLinkBody = z.strictObject({
  member_id: id,
  next: z.string().max(2000).default("/").describe("The path to open after the sign-in."),
});
const ofMember = { member_id: id.optional().describe("Default: the caller.") };
export const sessionPageQuery = z.strictObject({ ...page, ...ofMember });
export const sessionsQuery = z.strictObject(ofMember);

export const explainBody = z.strictObject({
  key_id: id.optional().describe("A key; the newest secret is assumed."),
  key: z.string().max(512).optional().describe("A secret, instead of `key_id`. It is neither stored nor shown."),
  method: z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}$/, "is not a method"),
  url: z.string().min(1).max(32_768).describe("The whole URL, as the client would call it."),
  client_address: z
    .string()
    .max(64)
    .optional()
    .describe("The address of the client; by default, an address that the key allows."),
  headers: z.record(z.string(), z.string()).optional(),
});

export const retirementBody = z.strictObject({
  force: z.boolean().default(false).describe("Even if keys would stop working."),
});

export const usageQuery = z.strictObject({
  organization_id: id,
  key_id: id.optional(),
  environment: z.string().optional(),
  from: time.optional(),
  to: time.optional(),
  group_by: z
    .string()
    .default("day")
    .transform((text) => unique(text.split(",").filter(Boolean)))
    .pipe(z.array(z.enum(USAGE_GROUPS)))
    .describe(`A comma-separated list of ${USAGE_GROUPS.join(", ")}.`),
});

export const adviceQuery = z.strictObject({ days: z.coerce.number().int().min(1).max(366).default(30) });
