/** Problems, as refusals are shown. */

import * as z from "zod";

export const problemAnswer = z
  .object({
    type: z.string().describe("A page about the code."),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    fix: z.string().describe("What the caller can do."),
    request_id: z.string(),
    errors: z
      .array(z.object({ field: z.string(), problem: z.string() }))
      .optional()
      .describe("With `validation_failed`: the wrong fields."),
  })
  .meta({ id: "Problem", description: "https://www.rfc-editor.org/rfc/rfc9457" });
