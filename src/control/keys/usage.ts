import { DAY_MS } from "../../domain/durations.ts";
import {
  firstHour,
  HOURS_DAYS,
  hourly,
  type Span,
  spansOf,
  type Top,
  type UsageGroup,
  type UsageScope,
  type UsageSum,
} from "../../domain/usage-sums.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { checkOrganization, findKey } from "../access.ts";
import type { Caller, Control } from "../control.ts";
import { invalid, notFound } from "../validation.ts";
import { collectUsage, MAX_SUMS } from "./collect-usage.ts";
import { visibleKeys } from "./list.ts";
import { checkEnvironment } from "./rules.ts";

export interface WantedUsage extends Omit<UsageScope, "keyIds" | "groups"> {
  readonly organizationId: string;
  readonly keyId?: string | undefined;
  /** The first hour that counts, by any moment of it; `to` is not included. */
  readonly from: number;
  readonly to: number;
  readonly groupBy: readonly UsageGroup[];
  /** Whether refusals, failures and answers do not matter: D1's are not read then. */
  readonly onlyRequests?: boolean | undefined;
  /** The greatest, instead of all. */
  readonly top?: Top | undefined;
}

/** How many days one call can span. */
const MAX_DAYS = 366;

/** The use of an organization's keys, or of one key: of those that the caller manages. */
export async function readUsage(
  control: Control,
  caller: Caller,
  wanted: WantedUsage,
): Promise<readonly UsageSum[] | Refusal> {
  const { organizationId, keyId, environment, route, outcomes, groupBy, onlyRequests, top } = wanted;
  const now = control.now();
  const refusal =
    (await checkOrganization(control, caller, organizationId, "usage:read")) ??
    checkSpan(wanted, now) ??
    checkEnvironmentOf(control, wanted) ??
    (await checkKey(control, caller, wanted));
  if (refusal) return refusal;
  const which = keyId === undefined ? { visibleTo: visibleKeys(caller.standing) } : { keyIds: [keyId] };
  const scope = { organizationId, ...which, environment, route, outcomes, groups: groupBy, onlyRequests };
  const sums = await collectUsage(control, scope, groupBy.includes("hour") ? hourly(wanted) : spansOf(wanted, now));
  if (isRefusal(sums)) return sums;
  if (top !== undefined) return sums.top(top);
  const all = sums.all();
  return all.length > MAX_SUMS
    ? invalid("group_by", `gives more than ${MAX_SUMS} rows; ask for a shorter time, one key, or fewer groups`)
    : all;
}

function checkSpan({ from, to, groupBy }: WantedUsage, now: number): Refusal | undefined {
  if (groupBy.includes("hour") && groupBy.includes("day")) return invalid("group_by", "can have hour or day, not both");
  if (to <= from) return invalid("to", "must be later than from");
  const byHour = groupBy.includes("hour");
  const most = byHour ? HOURS_DAYS : MAX_DAYS;
  if (to - from > most * DAY_MS) {
    return invalid("to", `must be at most ${most} days after from${byHour ? " by hour" : ""}`);
  }
  if (!byHour || from >= firstHour(now)) return undefined;
  return invalid("from", `must be at most ${HOURS_DAYS} days ago by hour; ask by day`);
}

/** Of what collectors keep. */
export function checkKept({ from, to }: Span, now: number): Refusal | undefined {
  if (to <= from) return invalid("to", "must be later than from");
  return from >= firstHour(now) ? undefined : invalid("from", `must be at most ${HOURS_DAYS} days ago`);
}

export function checkEnvironmentOf(
  { gateway }: Control,
  { environment }: Pick<WantedUsage, "environment">,
): Refusal | undefined {
  return environment === undefined ? undefined : checkEnvironment(environment, gateway);
}

async function checkKey(
  control: Control,
  caller: Caller,
  { organizationId, keyId }: WantedUsage,
): Promise<Refusal | undefined> {
  if (keyId === undefined) return undefined;
  const key = await findKey(control, caller, keyId, "usage:read");
  if (isRefusal(key)) return key;
  return key.organizationId === organizationId ? undefined : notFound("key");
}
