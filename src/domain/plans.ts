/**
 * The limits of plans. An isolate and an authority can run different versions of the configuration, because an authority keeps its
 * old code for some minutes after a deploy. So isolates send the limits that they know, and the authority remembers them.
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
  /** What the question told, to remember for isolates that do not know the plan; `undefined` if it told nothing of it. */
  readonly heard: Plan | undefined;
}

/** The limits of the key's plan, lowered by the key's own; `undefined` if the plan is unknown. */
export function limitsOfRecord(
  { plan: name, limits: own }: Pick<KeyRecord, "plan" | "limits">,
  { told, heard, own: configured }: PlanSources,
): KeyLimits | undefined {
  if (name === null) return { limits: limitsOf(undefined, own), heard: undefined };
  const toldNow = planIn(told, name);
  const known = toldNow ?? (heard?.name === name ? heard.limits : planIn(configured, name));
  return known && { limits: limitsOf(known, own), heard: toldNow && { name, limits: toldNow } };
}

export function planIn(plans: Plans | undefined, name: string): Limits | undefined {
  return plans && Object.hasOwn(plans, name) ? plans[name] : undefined;
}
