/**
 * How often a caller can use the control plane. Calls that read, or only take rights away, are counted separately from those that
 * change something, so a flood of changes cannot prevent anyone from revoking. If the accounts of a caller or an organization are
 * used up, each key and each session still has a small reserve for such calls, which nobody else can use up.
 */

import { accountName } from "../authority/name.ts";
import type { ManagementLimits } from "../config/management.ts";
import type { Caller, Control } from "../control/control.ts";
import type { Account, Taken } from "../domain/call-account.ts";
import type { Limits } from "../domain/limits.ts";
import type { Refusal } from "../errors.ts";
import { rateHeaders } from "../rate-headers.ts";

/** `end`: takes rights away, and gives none. */
export type CallKind = "read" | "end" | "change";

type Who = Omit<Caller, "requestId">;
type Alternatives = readonly (readonly Account[])[];

export interface CallAccounts {
  /** What memory alone says of a credential that was seen before. */
  deniedBefore(credential: string): Taken | undefined;
  take(credential: string, alternatives: Alternatives, waitUntil: (promise: Promise<unknown>) => void): Promise<Taken>;
}

/** A request to the control plane, as far as it matters here. */
interface Call {
  readonly var: { readonly calls: CallAccounts; readonly control: Control };
  readonly executionCtx: { waitUntil(promise: Promise<unknown>): void };
}

export const RESERVE: Limits = { rates: [{ name: "reserve", limit: 30, window: 60, burst: 30 }], quotas: [] };

/** The first that has tokens is charged. */
export function accountsOf(who: Who, kind: CallKind, { calls, changes, root }: ManagementLimits): Alternatives {
  const { standing } = who;
  const credential = who.via === "root" ? who.actor : who.via;
  const reserve = { name: accountName("reserve", credential, "calls"), limits: RESERVE };
  const use = kind === "change" ? "changes" : "calls";
  const limits = kind === "change" ? changes : calls;
  const accounts =
    standing.kind === "root"
      ? [{ name: accountName("actor", "root", "all"), limits: root }]
      : [
          { name: accountName("actor", standing.key?.id ?? who.actor, use), limits: limits.actor },
          { name: accountName("organization", standing.organizationId, use), limits: limits.organization },
        ];
  return kind === "change" ? [accounts] : [accounts, [reserve]];
}

/** Before it is known who calls: a flood of refused calls costs no look at D1. */
export function deniedBefore(c: Call, credential: string, kind: CallKind): Refusal | undefined {
  const denied = c.var.calls.deniedBefore(nameOf(credential, kind));
  return denied && refusalOf(denied, kind, undefined);
}

export interface AdmittedCall {
  readonly refusal: Refusal | undefined;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

export async function admitCall(c: Call, credential: string, who: Who, kind: CallKind): Promise<AdmittedCall> {
  const alternatives = accountsOf(who, kind, c.var.control.gateway.management);
  const taken = await c.var.calls.take(nameOf(credential, kind), alternatives, (promise) =>
    c.executionCtx.waitUntil(promise),
  );
  const headers = taken.kind === "unavailable" ? [] : rateHeaders(taken.policies);
  return { refusal: refusalOf(taken, kind, who), headers };
}

/** If the rate cannot be checked, only changes by members and keys are refused. Revoking must always work. */
function refusalOf(taken: Taken, kind: CallKind, who: Who | undefined): Refusal | undefined {
  if (taken.kind === "denied") {
    return { code: "management_rate_exceeded", policy: taken.policy, retryAfterMs: taken.retryAfterMs };
  }
  const mustWait = taken.kind === "unavailable" && kind === "change" && who?.standing.kind !== "root";
  return mustWait ? { code: "authority_unavailable" } : undefined;
}

const nameOf = (credential: string, kind: CallKind) => `${kind === "change" ? "changes" : "calls"} ${credential}`;
