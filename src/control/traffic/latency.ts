/** How long the requests of one organization took: what all collectors know of it. */

import { type LatencyGroup, type LatencySum, LatencySums } from "../../domain/latency-sums.ts";
import { hourly, spansOf } from "../../domain/usage-sums.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { findOrganization, forbidden } from "../access.ts";
import type { Caller, Control, Standing } from "../control.ts";
import { askCollectors } from "../keys/collect-usage.ts";
import { visibleKeys } from "../keys/list.ts";
import { checkEnvironmentOf, checkKept } from "../keys/usage.ts";
import { invalid } from "../validation.ts";

export interface WantedLatency {
  readonly organizationId: string;
  readonly environment?: string | undefined;
  /** The first hour that counts, by any moment of it; `to` is not included. */
  readonly from: number;
  readonly to: number;
  readonly groupBy: readonly LatencyGroup[];
}

/** It is that of all keys together, so callers who see only some keys do not see it. */
export function seesLatency(standing: Standing): boolean {
  return visibleKeys(standing) === undefined;
}

export async function readLatency(
  control: Control,
  caller: Caller,
  wanted: WantedLatency,
): Promise<readonly LatencySum[] | Refusal> {
  const { organizationId, environment, groupBy } = wanted;
  const organization = await findOrganization(control, caller, organizationId, "usage:read");
  if (isRefusal(organization)) return organization;
  if (!seesLatency(caller.standing))
    return forbidden("Latency covers all keys of the organization together, and you do not manage all of them.");
  const byHour = groupBy.includes("hour");
  const refusal =
    (byHour && groupBy.includes("day") ? invalid("group_by", "can have hour or day, not both") : undefined) ??
    checkKept(wanted, control.now()) ??
    checkEnvironmentOf(control, wanted);
  if (refusal) return refusal;
  const { hours, days } = byHour ? hourly(wanted) : spansOf(wanted, control.now());
  const question = { organizationId, environment, groups: groupBy, spans: { hours, days } };
  const answers = await askCollectors(control, (number) => control.readLatency(number, question));
  if (isRefusal(answers)) return answers;
  const sums = new LatencySums(groupBy);
  for (const sum of answers.flat()) sums.add(sum);
  return sums.all();
}
