/** Answers about the limits, the scopes and the import of keys. */

import * as z from "zod";
import { time } from "../../records/forms.ts";

const limit = {
  name: z.string(),
  kind: z.enum(["rate", "quota"]),
  limit: z.int(),
  window: z.int().optional(),
  burst: z.int().optional(),
  per: z.enum(["hour", "day", "month"]).optional(),
};

const source = {
  source: z.enum(["plan", "key"]),
  plan: z.string().nullable(),
};

export const limitsAnswer = z.strictObject({
  data: z.array(
    z
      .strictObject({
        ...limit,
        remaining: z.number(),
        lent: z.int(),
        reset_ms: z.number(),
      })
      .meta({ id: "Limit" }),
  ),
  applied: z.array(
    z
      .strictObject({
        ...source,
        ...limit,
        binds: z.boolean(),
        bound_by: z.strictObject({ ...source, name: z.string() }).nullable(),
      })
      .meta({ id: "AppliedLimit" }),
  ),
});

export const adviceAnswer = z
  .strictObject({
    scopes: z.array(z.strictObject({ scope: z.string(), last_used_at: time.nullable() })),
    unused: z.array(z.string()),
    too_young: z.boolean(),
  })
  .meta({ id: "Advice" });

export const importAnswer = z
  .strictObject({
    imported: z.int(),
    skipped: z.int(),
  })
  .meta({ id: "Import" });
