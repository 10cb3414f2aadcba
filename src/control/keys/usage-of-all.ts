/** For the platform team: the use of all keys of all organizations, in one question to each collector. */

import { DAY_MS } from "../../domain/durations.ts";
import { startOfPeriod } from "../../domain/quota.ts";
import type { Top, UsageGroup, UsageScope, UsageSum } from "../../domain/usage-sums.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { type Names, readNames } from "../../store/names.ts";
import { requireRoot } from "../access.ts";
import type { Caller, Control } from "../control.ts";
import { invalid } from "../validation.ts";
import { collectUsageOfAll, MAX_SUMS } from "./collect-usage.ts";
import { checkEnvironmentOf, checkKept } from "./usage.ts";

export interface WantedUsageOfAll extends Pick<UsageScope, "environment" | "route" | "outcomes"> {
  /** The first day that counts, by any moment of it; and the last one. */
  readonly from: number;
  readonly to: number;
  readonly groupBy: readonly UsageGroup[];
  readonly top: Top;
}

export interface UsageOfAll {
  readonly sums: readonly UsageSum[];
  /** Of the organizations and keys in them. */
  readonly names: Names;
}

/** Exact by key. By other groups, each collector adds those of its 10,000 greatest. */
export async function readUsageOfAll(
  control: Control,
  caller: Caller,
  wanted: WantedUsageOfAll,
): Promise<UsageOfAll | Refusal> {
  const refusal =
    requireRoot(caller, "see the usage of all organizations") ??
    checkKept(wanted, control.now()) ??
    checkEnvironmentOf(control, wanted) ??
    (wanted.groupBy.includes("hour") ? invalid("group_by", "can have hour only with organization_id") : undefined);
  if (refusal) return refusal;
  const { from, to, groupBy, top, ...scope } = wanted;
  const days = { from: startOfPeriod("day", from), to: startOfPeriod("day", to + DAY_MS - 1) };
  const groups = groupBy.includes("key") ? [...new Set<UsageGroup>(["organization", ...groupBy])] : groupBy;
  const most = { ...top, count: MAX_SUMS };
  const found = await collectUsageOfAll(control, { ...scope, groups, spans: { hours: [], days }, top: most });
  if (isRefusal(found)) return found;
  const sums = found.top(top);
  return { sums, names: await readNames(control.db, idsIn(sums, "organization"), idsIn(sums, "key")) };
}

/** Requests of each organization in the last `days` days in UTC, of which one runs now. Those without any are left out. */
export async function countRequestsOfOrganizations(
  control: Control,
  caller: Caller,
  days: number,
): Promise<ReadonlyMap<string, number> | Refusal> {
  const refusal = requireRoot(caller, "see the usage of all organizations");
  if (refusal) return refusal;
  const to = startOfPeriod("day", control.now()) + DAY_MS;
  const spans = { hours: [], days: { from: to - days * DAY_MS, to } };
  const top = { by: "requests", count: MAX_SUMS } as const;
  const found = await collectUsageOfAll(control, { groups: ["organization"], spans, top });
  if (isRefusal(found)) return found;
  return new Map(found.all().map(({ group, requests }) => [String(group.organization), requests]));
}

function idsIn(sums: readonly UsageSum[], group: "organization" | "key"): string[] {
  return [...new Set(sums.flatMap((sum) => sum.group[group] ?? []).map(String))];
}
