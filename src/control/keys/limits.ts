/** How the limits of a key stand, by the word of its authority. */

import type { LimitState } from "../../domain/limit-state.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { auditInsert } from "../../store/audit.ts";
import { findKey, requireRoot } from "../access.ts";
import { auditEvent, type Caller, type Control } from "../control.ts";
import { checkLiving } from "./commit-change.ts";

type LimitStates = readonly LimitState[] | Refusal;

export async function readLimits(control: Control, caller: Caller, id: string): Promise<LimitStates> {
  const key = await findKey(control, caller, id, "api_keys:read");
  return isRefusal(key) ? key : answerOf(() => control.readLimits(key.environment, id));
}

/** Gives the key all that its limits ever give at once, less what isolates hold of it already. */
export async function resetLimits(control: Control, caller: Caller, id: string): Promise<LimitStates> {
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
  return answerOf(() => control.resetLimits(key.environment, id));
}

async function answerOf(ask: () => Promise<LimitStates>): Promise<LimitStates> {
  try {
    return await ask();
  } catch {
    return { code: "authority_unavailable" };
  }
}
