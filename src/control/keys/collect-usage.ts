/** Adds up what collectors know of usage and what D1 knows. */

import { DAY_MS } from "../../domain/durations.ts";
import { startOfPeriod } from "../../domain/quota.ts";
import {
  type HeardSum,
  type Span,
  type Spans,
  type UsageAnswer,
  type UsageGroup,
  type UsageQuestion,
  type UsageScope,
  type UsageSum,
  UsageSums,
} from "../../domain/usage-sums.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { StorageFailure } from "../../store/boundary.ts";
import { readVisibleAmong } from "../../store/hidden-keys.ts";
import type { VisibleKeys } from "../../store/key-list.ts";
import { countCollectors, sumUsage } from "../../store/usage-list.ts";
import type { Control } from "../control.ts";
import { invalid } from "../validation.ts";

export const MAX_SUMS = 10_000;

/** What is summed up of one organization. */
export interface OwnUsageScope extends UsageScope {
  readonly organizationId: string;
  /** If set, only the keys that a caller can see. */
  readonly visibleTo?: VisibleKeys | undefined;
  readonly onlyRequests?: boolean | undefined;
}

/** Collectors are asked first: days that they say D1 has are in D1 by then. If one cannot be asked, the sum would be too low. */
export async function collectUsage(
  { db, gateway, readUsage }: Pick<Control, "db" | "gateway" | "readUsage">,
  { visibleTo, onlyRequests, ...scope }: OwnUsageScope,
  { from, to, ...spans }: Span & Spans,
): Promise<UsageSums | Refusal> {
  // Collectors do not know who sees which key.
  const asked = visibleTo ? { ...scope, groups: [...new Set<UsageGroup>([...scope.groups, "key"])] } : scope;
  const answers = await askCollectors({ db, gateway }, (number) => readUsage(number, { ...asked, spans }));
  if (isRefusal(answers)) return answers;
  const sums = new UsageSums(scope);
  if (!areAll(answers)) return invalid("from", "asks for too much; ask for a shorter time, whole days, or one key");
  const heard = answers.flatMap((answer) => answer.sums);
  for (const sum of visibleTo ? await visibleOf(db, scope.organizationId, heard, visibleTo) : heard) sums.add(sum);
  const stored = { ...scope, visibleTo, onlyRequests, span: { from, to }, days: spans.days };
  const liveFrom = answers.map((answer) => answer.liveFrom);
  for (const sum of await sumUsage(db, { ...stored, liveFrom }, MAX_SUMS + 1)) sums.add(sum);
  return sums;
}

/** The sums of keys that a caller can see. */
async function visibleOf(
  db: D1Database,
  organizationId: string,
  sums: readonly HeardSum[],
  visibleTo: VisibleKeys,
): Promise<readonly HeardSum[]> {
  const ids = [...new Set(sums.map(({ group }) => String(group.key)))];
  const chunks = Array.from({ length: Math.ceil(ids.length / IDS_AT_ONCE) }, (_, at) =>
    ids.slice(at * IDS_AT_ONCE, (at + 1) * IDS_AT_ONCE),
  );
  const found = await Promise.all(chunks.map((some) => readVisibleAmong(db, organizationId, some, visibleTo)));
  const visible = new Set(found.flat());
  return sums.filter(({ group }) => visible.has(String(group.key)));
}

/** A value of D1 has at most 2 MB. */
const IDS_AT_ONCE = 20_000;

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
  const askFrom = (first: number, count: number) =>
    Promise.all(
      Array.from({ length: Math.max(0, count - first) }, (_, at) =>
        ask(first + at).catch((error): Refusal => {
          if (error instanceof StorageFailure) return { code: "usage_unavailable" };
          throw error;
        }),
      ),
    );
  const [configured, others] = await Promise.all([
    askFrom(0, gateway.collectors),
    countAll().then((count) => askFrom(gateway.collectors, count)),
  ]);
  const answers = [...configured, ...others];
  return answers.find(isRefusal) ?? (answers as T[]);
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
  const scope = { organizationId, keyIds, groups: ["key", "day"], onlyRequests: true } as const;
  const sums = await collectUsage(control, scope, { ...span, hours: [], days: span });
  return isRefusal(sums) ? sums : sums.all();
}
