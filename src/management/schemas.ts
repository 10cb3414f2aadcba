/** What the management API takes: bodies and queries in the API's own names. */

import { z } from "zod";
import { quota, rate } from "../config/schema.ts";
import { PERMISSIONS, REACHES } from "../domain/key.ts";

const id = z.string().min(1).max(64);
const name = z.string().trim().min(1, "must not be empty").max(200);
const MAX_LIST = 500;

export const organizationBody = z.strictObject({
  name,
  plan: z.string().nullable().default(null),
  environments: z.array(z.string()).min(1, "must name at least one").max(MAX_LIST).optional(),
  key_quota: z.int().min(0).nullable().default(null),
});

export const workspaceBody = z.strictObject({ organization_id: id, name });

export const memberBody = z.strictObject({
  organization_id: id,
  email: z.email("is not an email address").max(320),
  name,
  role: z.string(),
  workspace_ids: z.array(id).max(MAX_LIST).default([]),
});

export const keyBody = z.strictObject({
  organization_id: id,
  member_id: id.nullable().default(null),
  environment: z.string(),
  reach: z.enum(REACHES),
  workspace_ids: z.array(id).max(MAX_LIST).default([]),
  permission: z.enum(PERMISSIONS),
  scopes: z.array(z.string()).min(1, "must name at least one").max(MAX_LIST),
  name,
  description: z.string().max(2000).nullable().default(null),
  expires_at: z.iso
    .datetime({ offset: true, error: "is not a time such as 2027-01-31T00:00:00Z" })
    .nullable()
    .default(null),
  plan: z.string().nullable().default(null),
  limits: z
    .strictObject({ rates: z.array(rate).max(10).default([]), quotas: z.array(quota).max(10).default([]) })
    .nullable()
    .default(null),
  allowed_addresses: z.array(z.string()).max(100).default([]),
});

export const revocationBody = z.strictObject({ reason: z.string().max(2000).nullable().default(null) });

const page = { limit: z.coerce.number().int().min(1).max(100).default(50), cursor: z.string().optional() };
export const pageQuery = z.strictObject(page);
export const organizationPageQuery = z.strictObject({ ...page, organization_id: id });
export const keyPageQuery = z.strictObject({ ...page, organization_id: id, environment: z.string().optional() });
