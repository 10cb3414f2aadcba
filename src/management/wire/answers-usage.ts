/** What the API answers about the use of keys. */

import * as z from "zod";
import { time } from "./answers.ts";

export const limitsAnswer = z.strictObject({
  data: z.array(
    z
      .strictObject({
        name: z.string(),
        kind: z.enum(["rate", "quota"]),
        limit: z.int(),
        window: z.int().optional().describe("Of a rate: seconds."),
        burst: z.int().optional().describe("Of a rate: how many at once."),
        per: z.enum(["hour", "day", "month"]).optional().describe("Of a quota: a calendar period in UTC."),
        remaining: z.number().describe("Beside what is lent."),
        lent: z.int().describe("Held at the edge at the moment, and perhaps used."),
        reset_ms: z.number().describe("Until it is whole again; with nothing remaining, until there is one."),
      })
      .meta({ id: "Limit" }),
  ),
});

export const adviceAnswer = z
  .strictObject({
    scopes: z.array(
      z.strictObject({ scope: z.string(), last_used_at: time.nullable().describe("The beginning of the day.") }),
    ),
    unused: z.array(z.string()).describe("Not used within `days`."),
    too_young: z.boolean().describe("The key is younger than that, so that nothing can be told."),
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
        route: z.string().optional().describe("As configured; empty where there was none."),
        outcome: z.string().optional().describe("`forwarded`, or the code of the refusal."),
        requests: z.int(),
        refused: z.int().describe("Of these, how many did not reach an origin."),
      })
      .meta({ id: "Usage" }),
  ),
});
