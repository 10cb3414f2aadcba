/**
 * The limits of plans, where the two ends of a question may run different versions of the configuration: after a deploy, an
 * authority keeps its old code for some minutes. So isolates tell it the limits that they know, and it remembers them.
 */

import type { KeyRecord } from "./key.ts";
import { type Limits, limitsOf } from "./limits.ts";

/** By name. */
export type Plans = Readonly<Record<string, Limits>>;

export interface Plan {
  readonly name: string;
  readonly limits: Limits;
}

export interface PlanSources {
  /** By the question. */
  readonly told: Plans | undefined;
  /** By questions before. */
  readonly heard: Plan | undefined;
  /** By the code that answers. */
  readonly own: Plans;
}

export interface KeyLimits {
  readonly limits: Limits;
  /** To remember for askers that do not know the plan. */
  readonly heard: Plan | undefined;
}

/** Those of the key's plan, lowered by its own; `undefined` where nobody knows the plan. */
export function limitsOfRecord(
  { plan: name, limits: own }: Pick<KeyRecord, "plan" | "limits">,
  { told, heard, own: configured }: PlanSources,
): KeyLimits | undefined {
  if (name === null) return { limits: limitsOf(undefined, own), heard };
  const toldNow = planIn(told, name);
  const known = toldNow ?? (heard?.name === name ? heard.limits : planIn(configured, name));
  return known && { limits: limitsOf(known, own), heard: toldNow ? { name, limits: toldNow } : heard };
}

export function planIn(plans: Plans | undefined, name: string): Limits | undefined {
  return plans && Object.hasOwn(plans, name) ? plans[name] : undefined;
}
