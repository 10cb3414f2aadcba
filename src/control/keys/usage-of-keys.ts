import { DAY_MS } from "../../domain/durations.ts";
import type { ManagedKey } from "../../records/key.ts";
import { sumDaysOfKeys } from "../../store/key-usage.ts";
import { requireScope } from "../access.ts";
import type { Caller, Control } from "../control.ts";

/** Requests of each day, the earliest first, by the key. */
export type UsageOfKeys = ReadonlyMap<string, readonly number[]>;

/** Of keys that the caller manages, in the last `days` days in UTC, of which one runs now. `undefined` if the caller cannot see usage. */
export async function readUsageOfKeys(
  control: Control,
  caller: Caller,
  keys: readonly Pick<ManagedKey, "id">[],
  days: number,
): Promise<UsageOfKeys | undefined> {
  if (requireScope(caller, "usage:read")) return undefined;
  const usage = new Map(keys.map(({ id }) => [id, Array<number>(days).fill(0)]));
  if (keys.length === 0) return usage;
  const now = control.now();
  const from = now - (now % DAY_MS) - (days - 1) * DAY_MS;
  for (const { keyId, day, requests } of await sumDaysOfKeys(control.db, [...usage.keys()], from)) {
    const at = (day - from) / DAY_MS;
    const counts = usage.get(keyId);
    if (counts && at < days) counts[at] = requests;
  }
  return usage;
}
