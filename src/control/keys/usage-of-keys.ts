import { DAY_MS } from "../../domain/durations.ts";
import { isRefusal } from "../../errors.ts";
import type { ManagedKey } from "../../records/key.ts";
import { requireScope } from "../access.ts";
import type { Caller, Control } from "../control.ts";
import { usageOfKeys } from "./collect-usage.ts";

/** Requests of each day, the earliest first, by the key. */
export type UsageOfKeys = ReadonlyMap<string, readonly number[]>;

/**
 * Of keys of one organization that the caller manages, in the last `days` days in UTC, of which one runs now. `undefined` if the caller
 * cannot see usage, or if nobody can at the moment.
 */
export async function readUsageOfKeys(
  control: Control,
  caller: Caller,
  organizationId: string,
  keys: readonly Pick<ManagedKey, "id">[],
  days: number,
): Promise<UsageOfKeys | undefined> {
  if (requireScope(caller, "usage:read")) return undefined;
  const usage = new Map(keys.map(({ id }) => [id, Array<number>(days).fill(0)]));
  if (keys.length === 0) return usage;
  const sums = await usageOfKeys(control, organizationId, [...usage.keys()], days);
  if (isRefusal(sums)) return undefined;
  const now = control.now();
  const first = now - (now % DAY_MS) - (days - 1) * DAY_MS;
  for (const { group, requests } of sums) {
    const at = (Number(group.day) - first) / DAY_MS;
    const counts = usage.get(String(group.key));
    if (counts && at >= 0 && at < days) counts[at] = requests;
  }
  return usage;
}
