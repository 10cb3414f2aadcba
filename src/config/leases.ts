/** How long an isolate decides about a key without asking. */

import * as z from "zod";
import { fields } from "./fields.ts";

export const leases = fields({
  ttlSeconds: z
    .number()
    .min(1, "is less than 1; use 1 second or more")
    .max(10, "is more than 10; use at most 10 seconds, because a revoked key can work this long")
    .default(2),
});
