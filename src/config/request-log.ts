/** What is kept of finished requests. */

import * as z from "zod";
import { fields } from "./fields.ts";

const MAX_HOURS = 168;
export const requestLog = fields({
  hours: z
    .number()
    .min(0, { error: `is below 0; write hours up to ${MAX_HOURS}, or 0 to keep no requests`, abort: true })
    .max(MAX_HOURS, { error: `is above ${MAX_HOURS}; write hours up to ${MAX_HOURS}`, abort: true })
    .int()
    .default(24),
  paths: z.boolean().default(false),
});
