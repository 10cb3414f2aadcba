/** Adds up what collectors know of usage and what D1 knows. */

import { DAY_MS } from "../../domain/durations.ts";
import { startOfPeriod } from "../../domain/quota.ts";
import {
  type Span,
  type Spans,
  type UsageAnswer,
  type UsageQuestion,
  type UsageScope,
  type UsageSum,
  UsageSums,
} from "../../domain/usage-sums.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { StorageFailure } from "../../store/boundary.ts";
import { countCollectors, sumUsage } from "../../store/usage-list.ts";
import type { Control } from "../control.ts";
import { invalid } from "../validation.ts";

export const MAX_SUMS = 10_000;

/** Collectors are asked first: days that they say D1 has are in D1 by then. If one cannot be asked, the sum would be too low. */
export async function collectUsage(
  { db, gateway, readUsage }: Pick<Control, "db" | "gateway" | "readUsage">,
  scope: UsageScope & { readonly organizationId: string },
  { from, to, ...spans }: Span & Spans,
): Promise<UsageSums | Refusal> {
  const answers = await askCollectors({ db, gateway }, (number) => readUsage(number, { ...scope, spans }));
  if (isRefusal(answers)) return answers;
  const sums = new UsageSums(scope);
  if (!areAll(answers)) return invalid("from", "asks for too much; ask for a shorter time, whole days, or one key");
  for (const answer of answers) for (const sum of answer.sums) sums.add(sum);
  const liveFrom = answers.map((answer) => answer.liveFrom);
  for (const sum of await sumUsage(db, { ...scope, span: { from, to }, days: spans.days, liveFrom }, MAX_SUMS + 1)) {
    sums.add(sum);
  }
  return sums;
}

/** Of all organizations at once, in whole days that collectors keep. D1 is not asked. */
export async function collectUsageOfAll(
  { db, gateway, readUsage }: Pick<Control, "db" | "gateway" | "readUsage">,
  question: UsageQuestion,
): Promise<UsageSums | Refusal> {
  const answers = await askCollectors({ db, gateway }, (number) => readUsage(number, question));
  if (isRefusal(answers)) return answers;
  if (!areAll(answers)) return invalid("from", "asks for too much; ask for a shorter time");
  const sums = new UsageSums(question);
  for (const answer of answers) for (const sum of answer.sums) sums.add(sum);
  return sums;
}

const areAll = (answers: readonly (UsageAnswer | "too much")[]): answers is readonly UsageAnswer[] =>
  !answers.includes("too much");

/** Of all collectors, those too that the configuration no longer has. */
export async function askCollectors<T>(
  { db, gateway }: Pick<Control, "db" | "gateway">,
  ask: (collector: number) => Promise<T>,
  countAll = () => countCollectors(db),
): Promise<readonly T[] | Refusal> {
  const collectors = Math.max(gateway.collectors, await countAll());
  return Promise.all(Array.from({ length: collectors }, (_, number) => ask(number))).catch((error): Refusal => {
    if (error instanceof StorageFailure) return { code: "usage_unavailable" };
    throw error;
  });
}

/** The use of many keys of one organization by day, the running day included: one call for a whole list. */
export async function usageOfKeys(
  control: Pick<Control, "db" | "gateway" | "readUsage" | "now">,
  organizationId: string,
  keyIds: readonly string[],
  days: number,
): Promise<readonly UsageSum[] | Refusal> {
  const to = startOfPeriod("day", control.now()) + DAY_MS;
  const span = { from: to - days * DAY_MS, to };
  const scope = { organizationId, keyIds, groups: ["key", "day"] } as const;
  const sums = await collectUsage(control, scope, { ...span, hours: [], days: span });
  return isRefusal(sums) ? sums : sums.all();
}
