/** What keys can be. */

import * as z from "zod";
import { count, fields } from "./fields.ts";

export const keys = fields({
  actAs: z.enum(["member", "organization"]).default("member"),
  reaches: z
    .array(z.enum(["organization", "workspace"]))
    .min(1, "is empty; leave it out to allow both reaches")
    .default(["organization", "workspace"]),
  maxWorkspaces: count(1_000_000_000).default(20),
  lifetimeDays: count(3650).default(365),
  quotaPerOrganization: count(1_000_000_000).default(200),
  authorityLocation: z.enum(["request", "creator", "organization"]).default("request"),
  required: z.array(z.enum(["description", "expires_at", "allowed_addresses"])).default([]),
  importedFormats: z.array(fields({ pattern: z.string(), environment: z.string() })).default([]),
});
