/** What the management API takes: bodies and queries in the API's own names. */

import { z } from "zod";
import { quota, rate } from "../config/schema.ts";
import { PERMISSIONS, REACHES } from "../domain/key.ts";

const id = z.string().min(1).max(64);
const name = z
  .string()
  .trim()
  .min(1, "must not be empty")
  .max(200)
  .regex(/^\P{Cc}*$/u, "must not hold control characters");
const MAX_LIST = 500;
const unique = <T>(list: readonly T[]) => [...new Set(list)];

const plan = z.string().nullable();
const environments = z.array(z.string()).min(1, "must name at least one").max(MAX_LIST).transform(unique);
const keyQuota = z.int().min(0).nullable();
const workspaceIds = z.array(id).max(MAX_LIST).transform(unique);
const permission = z.enum(PERMISSIONS);
const scopes = z.array(z.string()).min(1, "must name at least one").max(MAX_LIST).transform(unique);
const description = z.string().max(2000).nullable();
const time = z.iso.datetime({ offset: true, error: "is not a time such as 2027-01-31T00:00:00Z" });
const limits = z
  .strictObject({ rates: z.array(rate).max(10).default([]), quotas: z.array(quota).max(10).default([]) })
  .nullable();
const allowedAddresses = z.array(z.string()).max(100);

export const organizationBody = z.strictObject({
  name,
  plan: plan.default(null),
  environments: environments.optional(),
  key_quota: keyQuota.default(null),
});

export const organizationPatch = z
  .strictObject({ name, plan, environments, key_quota: keyQuota, status: z.enum(["active", "suspended"]) })
  .partial();

export const workspaceBody = z.strictObject({ organization_id: id, name });

export const memberBody = z.strictObject({
  organization_id: id,
  email: z.email("is not an email address").max(320),
  name,
  role: z.string(),
  workspace_ids: workspaceIds.default([]),
});

export const memberPatch = z.strictObject({ name, role: z.string(), workspace_ids: workspaceIds }).partial();

export const keyBody = z.strictObject({
  organization_id: id,
  member_id: id.nullable().default(null),
  environment: z.string(),
  reach: z.enum(REACHES),
  workspace_ids: workspaceIds.default([]),
  permission,
  scopes,
  name,
  description: description.default(null),
  expires_at: time.nullable().default(null),
  plan: plan.default(null),
  limits: limits.default(null),
  allowed_addresses: allowedAddresses.default([]),
});

export const keyPatch = z
  .strictObject({
    name,
    description,
    permission,
    scopes,
    workspace_ids: workspaceIds,
    expires_at: time,
    plan,
    limits,
    allowed_addresses: allowedAddresses,
  })
  .partial();

export const revocationBody = z.strictObject({ reason: z.string().max(2000).nullable().default(null) });
export const emptyBody = z.strictObject({});

const page = { limit: z.coerce.number().int().min(1).max(100).default(50), cursor: z.string().optional() };
export const pageQuery = z.strictObject(page);
export const organizationPageQuery = z.strictObject({ ...page, organization_id: id });
export const keyPageQuery = z.strictObject({ ...page, organization_id: id, environment: z.string().optional() });
