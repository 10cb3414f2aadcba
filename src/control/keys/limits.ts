/** What is left of a key's limits, as its authority counts it. */

import type { Gateway } from "../../config/compile.ts";
import { type AppliedLimit, appliedLimits } from "../../domain/applied-limits.ts";
import type { KeyRecord } from "../../domain/key.ts";
import type { LimitState } from "../../domain/limit-state.ts";
import { planIn } from "../../domain/plans.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import type { ManagedKey } from "../../records/key.ts";
import { auditInsert } from "../../store/audit.ts";
import { readKeyRecord } from "../../store/key-records.ts";
import { findKey, requireRoot } from "../access.ts";
import { auditEvent, type Caller, type Control } from "../control.ts";
import { notFound } from "../validation.ts";
import { checkLiving } from "./commit-change.ts";

export interface KeyLimits {
  readonly applied: readonly AppliedLimit[];
  /** The plan that they come from, and its name if this configuration does not know it: then no request can be admitted. */
  readonly plan: string | null;
  readonly unknownPlan: string | undefined;
}

/** With what is left of them now. */
export interface LimitsNow extends KeyLimits {
  readonly states: readonly LimitState[];
}

/** Every limit that applies to a key, whether it binds or not. For all who show limits. */
export function limitsApplying(key: Pick<KeyRecord, "plan" | "limits">, gateway: Pick<Gateway, "plans">): KeyLimits {
  const { plan, limits } = key;
  const planned = plan === null ? undefined : planIn(gateway.plans, plan);
  return {
    plan,
    applied: appliedLimits(planned, limits),
    unknownPlan: plan !== null && !planned ? plan : undefined,
  };
}

export async function readLimits(control: Control, caller: Caller, id: string): Promise<LimitsNow | Refusal> {
  const key = await findKey(control, caller, id, "api_keys:read");
  return isRefusal(key) ? key : limitsNow(control, key, control.readLimits);
}

/** Gives the key all that its limits ever give at once, less what isolates hold of it already. */
export async function resetLimits(control: Control, caller: Caller, id: string): Promise<LimitsNow | Refusal> {
  // Limits are the terms on which an organization uses the gateway.
  const forbidden = requireRoot(caller, "reset limits");
  if (forbidden) return forbidden;
  const key = await findKey(control, caller, id, "api_keys:write");
  if (isRefusal(key)) return key;
  const refusal = checkLiving(control, caller, key);
  if (refusal) return refusal;
  const { organizationId } = key;
  const event = { organizationId, action: "api_key.limits_reset", target: id, details: {} };
  // Before the authority resets its limits: a change without an audit event must not happen.
  await auditInsert(control.db, auditEvent(control, caller, event)).run();
  return limitsNow(control, key, control.resetLimits);
}

/** `ask`: the key's authority. */
async function limitsNow(
  { db, gateway }: Control,
  { environment, id }: ManagedKey,
  ask: Control["readLimits"],
): Promise<LimitsNow | Refusal> {
  const states = await ask(environment, id).catch((): Refusal => ({ code: "authority_unavailable" }));
  if (isRefusal(states)) return states;
  const record = await readKeyRecord(db, environment, id);
  return record ? { ...limitsApplying(record, gateway), states } : notFound("key");
}
