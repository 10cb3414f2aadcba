import { DAY_MS } from "../../domain/durations.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { sumUsage, type UsageFilter, type UsageGroup, type UsageSum } from "../../store/usage-list.ts";
import { findKey, findOrganization } from "../access.ts";
import type { Caller, Control } from "../control.ts";
import { invalid, notFound } from "../validation.ts";
import { visibleKeys } from "./list.ts";
import { checkEnvironment } from "./rules.ts";

export interface WantedUsage extends Omit<UsageFilter, "visibleTo"> {
  readonly groupBy: readonly UsageGroup[];
  /** So many, those with the most requests, instead of all. */
  readonly top?: number;
}

/** How many days one call can span. */
const MAX_DAYS_BY_HOUR = 31;
const MAX_DAYS = 366;
const MAX_SUMS = 10_000;

/** The use of an organization's keys, or of one key: of those that the caller manages. */
export async function readUsage(
  control: Control,
  caller: Caller,
  wanted: WantedUsage,
): Promise<readonly UsageSum[] | Refusal> {
  const { groupBy, top, ...filter } = wanted;
  const organization = await findOrganization(control, caller, filter.organizationId, "usage:read");
  if (isRefusal(organization)) return organization;
  const refusal = checkSpan(wanted) ?? checkEnvironmentOf(control, wanted) ?? (await checkKey(control, caller, wanted));
  if (refusal) return refusal;
  const visibleTo = visibleKeys(caller.standing);
  if (top !== undefined) return sumUsage(control.db, { ...filter, visibleTo }, groupBy, top, "requests");
  const sums = await sumUsage(control.db, { ...filter, visibleTo }, groupBy, MAX_SUMS + 1);
  return sums.length > MAX_SUMS
    ? invalid("group_by", `gives more than ${MAX_SUMS} rows; ask for a shorter time, one key, or fewer groups`)
    : sums;
}

function checkSpan({ from, to, groupBy }: WantedUsage): Refusal | undefined {
  if (groupBy.includes("hour") && groupBy.includes("day")) return invalid("group_by", "can have hour or day, not both");
  if (to <= from) return invalid("to", "must be later than from");
  const most = groupBy.includes("hour") ? MAX_DAYS_BY_HOUR : MAX_DAYS;
  if (to - from <= most * DAY_MS) return undefined;
  return invalid("to", `must be at most ${most} days after from${groupBy.includes("hour") ? " by hour" : ""}`);
}

function checkEnvironmentOf({ gateway }: Control, { environment }: WantedUsage): Refusal | undefined {
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
