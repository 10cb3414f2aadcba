/** What keys were used for. */

import * as z from "zod";
import { ANSWERS, type Answered, REQUEST_BYTES, RESPONSE_BYTES } from "../../domain/answers.ts";
import { USAGE_GROUPS, USAGE_SORTS, type UsageSum } from "../../domain/usage-sums.ts";
import { givenId, givenTime, unique } from "../../records/forms.ts";
import type { Names } from "../../store/names.ts";
import { wholeNumber } from "./page.ts";

const nameList = (text: string) => unique(text.split(",").filter(Boolean));

export const groupBy = <T extends string>(groups: readonly T[], usual: string) =>
  z
    .string()
    .default(usual)
    .transform(nameList)
    .pipe(z.array(z.enum(groups)));

export const usageQuery = z.strictObject({
  organization_id: givenId.optional(),
  key_id: givenId.optional(),
  environment: z.string().max(64).optional(),
  route: z.string().max(1000).optional(),
  outcome: z.string().max(1000).transform(nameList).optional(),
  from: givenTime.optional(),
  to: givenTime.optional(),
  group_by: groupBy(USAGE_GROUPS, "day"),
  sort: z.enum(USAGE_SORTS).optional(),
  limit: wholeNumber(1, 1_000).optional(),
});

export function renderAnswered(answered: Answered) {
  return {
    answers: Object.fromEntries(ANSWERS.map((name, place) => [name, answered[place] ?? 0])),
    request_bytes: answered[REQUEST_BYTES] ?? 0,
    response_bytes: answered[RESPONSE_BYTES] ?? 0,
  };
}

/** `names`: where all organizations were asked for. What is `undefined` is not in the answer. */
export function renderUsage({ group, requests, refused, failed, answered }: UsageSum, names?: Names) {
  const { hour, day, organization, key, ...others } = group;
  const nameOf = (id: string | number | undefined) => (id && names ? (names.get(String(id)) ?? null) : undefined);
  return {
    hour: timeText(hour),
    day: timeText(day),
    organization_id: organization,
    organization_name: nameOf(organization),
    key_id: key,
    key_name: nameOf(key),
    ...others,
    ...{ requests, refused, failed },
    ...renderAnswered(answered),
  };
}

export function timeText(ms: string | number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
