/** What keys were used for. */

import * as z from "zod";
import { USAGE_GROUPS, type UsageSum } from "../../domain/usage-sums.ts";
import { givenId, givenTime, time, unique } from "../../records/forms.ts";

export const usageQuery = z.strictObject({
  organization_id: givenId,
  key_id: givenId.optional(),
  environment: z.string().optional(),
  from: givenTime.optional(),
  to: givenTime.optional(),
  group_by: z
    .string()
    .default("day")
    .transform((text) => unique(text.split(",").filter(Boolean)))
    .pipe(z.array(z.enum(USAGE_GROUPS)))
    .describe(`A comma-separated list of ${USAGE_GROUPS.join(", ")}.`),
});

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

export function renderUsage({ group, requests, refused }: UsageSum) {
  const { hour, day, key, ...names } = group;
  return {
    ...(hour !== undefined && { hour: timeText(Number(hour)) }),
    ...(day !== undefined && { day: timeText(Number(day)) }),
    ...(key !== undefined && { key_id: key }),
    ...names,
    requests,
    refused,
  };
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}
