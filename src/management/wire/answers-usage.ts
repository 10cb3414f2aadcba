/** What the API answers about the use of keys. */

import * as z from "zod";
import { time } from "../../records/forms.ts";

const limit = {
  name: z.string(),
  kind: z.enum(["rate", "quota"]),
  limit: z.int(),
  window: z.int().optional().describe("For a rate: seconds."),
  burst: z.int().optional().describe("For a rate: how many requests at once."),
  per: z.enum(["hour", "day", "month"]).optional().describe("For a quota: a calendar period in UTC."),
};
const source = {
  source: z.enum(["plan", "key"]),
  plan: z.string().nullable().describe("The name of the plan, if it comes from one."),
};

export const limitsAnswer = z.strictObject({
  data: z.array(
    z
      .strictObject({
        ...limit,
        remaining: z.number().describe("Without lent tokens."),
        lent: z.int().describe("Lent to isolates now, and possibly used."),
        reset_ms: z
          .number()
          .describe("Time until the limit is full again; if nothing remains, until one request is possible."),
      })
      .meta({ id: "Limit" }),
  ),
  applied: z
    .array(
      z
        .strictObject({
          ...source,
          ...limit,
          binds: z.boolean().describe("False if another limit is always reached first."),
          bound_by: z
            .strictObject({ ...source, name: z.string() })
            .nullable()
            .describe("That other limit."),
        })
        .meta({ id: "AppliedLimit" }),
    )
    .describe("Every limit of the key and of its plan. `data` has one for each name: the lower of two."),
});

export const adviceAnswer = z
  .strictObject({
    scopes: z.array(
      z.strictObject({ scope: z.string(), last_used_at: time.nullable().describe("The start of the day.") }),
    ),
    unused: z.array(z.string()).describe("Not used within `days`."),
    too_young: z.boolean().describe("The key is younger than `days`, so there is no advice."),
  })
  .meta({ id: "Advice" });

export const usageAnswer = z.strictObject({
  data: z.array(
    z
      .strictObject({
        hour: time.optional(),
        day: time.optional(),
        environment: z.string().optional(),
        key_id: z.string().optional(),
        route: z.string().optional().describe("As configured; empty if there was none."),
        outcome: z.string().optional().describe("`forwarded`, or the code of the refusal."),
        requests: z.int(),
        refused: z.int().describe("How many of these did not reach an origin."),
      })
      .meta({ id: "Usage" }),
  ),
});
