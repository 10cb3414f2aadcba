/** The step that spends, looked at without spending. */

import { limitsOfKey, unknownPlanOf } from "../../config/compile.ts";
import type { KeyRecord } from "../../domain/key.ts";
import type { LimitState } from "../../domain/limit-state.ts";
import { isUnlimited } from "../../domain/limits.ts";
import type { Refusal } from "../../errors.ts";
import type { Control } from "../control.ts";

/** Of a key that works. Its authority can know a plan that this configuration lacks. */
export async function readLimitsOf(
  { gateway, readLimits }: Control,
  key: KeyRecord,
): Promise<readonly LimitState[] | Refusal> {
  if (unknownPlanOf(key, gateway) === undefined && isUnlimited(limitsOfKey(key, gateway))) return [];
  try {
    return await readLimits(key.environment, key.id);
  } catch {
    return { code: "authority_unavailable" };
  }
}

/** Of several limits that are used up, the gateway names the one that takes longest. */
export function limitRefusal(limits: readonly LimitState[]): Refusal | undefined {
  const [longest] = limits.filter(({ remaining }) => remaining <= 0).sort((a, b) => b.resetMs - a.resetMs);
  if (!longest) return undefined;
  const { kind, name, resetMs } = longest;
  return { code: kind === "quota" ? "quota_exceeded" : "rate_exceeded", policy: name, retryAfterMs: resetMs };
}

export function tellLimits(limits: readonly LimitState[]): string {
  if (limits.length === 0) return "The key has no limits.";
  return `Left: ${limits.map(({ name, limit, remaining }) => `${remaining} of ${limit} (${name})`).join(", ")}.`;
}
