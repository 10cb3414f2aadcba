/** An explanation: checks under the steps of the pipeline, and a decision in the words of the refusals. */

import type { Narrowing } from "../../domain/rights.ts";
import type { Scope } from "../../domain/scope.ts";
import { type Code, describe, type Refusal } from "../../errors.ts";

export interface Explanation {
  readonly decision: Decision;
  /** In the order of the pipeline. Includes the steps after a refusal, so that people see everything that is wrong at once. */
  readonly steps: readonly Step[];
  /** What the route needs; `null` if there is no route or it is public. */
  readonly requiredScope: Scope | null;
  /** Which of the key's scopes, role, permission and reach leave that out. */
  readonly lackingIn: readonly Narrowing[];
  /** `null` if no key is known, or none is needed. */
  readonly key: ExplainedKey | null;
}

/** The first refusal in the order in which the gateway refuses, if there is one. */
export interface Decision {
  readonly allowed: boolean;
  /** Of the gateway's own answer; `null` if the origin answers. */
  readonly status: number | null;
  readonly code: Code | null;
  readonly detail: string;
  readonly fix: string | null;
}

export interface Step {
  readonly step: (typeof STEP_OF)[Check];
  readonly check: Check;
  readonly outcome: Outcome;
  readonly code: Code | null;
  readonly detail: string;
}

export interface ExplainedKey {
  readonly id: string;
  readonly organizationId: string;
  readonly environment: string;
  /** The base URL that the key is for. */
  readonly baseUrl: string;
  /** Effective ones. */
  readonly scopes: readonly Scope[];
  /** `null`: every workspace of the organization. */
  readonly workspaces: readonly string[] | null;
}

export type Check = keyof typeof STEP_OF;
export type Outcome = (typeof OUTCOMES)[number];

const STEP_OF = {
  base_url: "environment",
  size: "environment",
  upgrade: "environment",
  path: "route",
  url: "identify",
  credential: "identify",
  life: "lease",
  plan: "lease",
  secret: "lease",
  environment: "authorize",
  address: "authorize",
  workspace: "authorize",
  scope: "authorize",
  limits: "spend",
  origin: "forward",
} as const;

export const CHECKS = Object.keys(STEP_OF) as [Check, ...Check[]];
export const STEPS = [...new Set(Object.values(STEP_OF))] as [Step["step"], ...Step["step"][]];
export const OUTCOMES = ["passed", "refused", "skipped"] as const;

export function judge(check: Check, refusal: Refusal | undefined, passing: string): Step {
  const outcome = refusal ? "refused" : "passed";
  const detail = refusal ? describe(refusal).detail : passing;
  return { step: STEP_OF[check], check, outcome, code: refusal?.code ?? null, detail: withoutKeys(detail) };
}

export function skip(check: Check, why: string): Step {
  return { step: STEP_OF[check], check, outcome: "skipped", code: null, detail: why };
}

export function decide(refusal: Refusal | undefined, passing: { status: number | null; detail: string }): Decision {
  if (!refusal) return { allowed: true, code: null, fix: null, ...passing };
  const { status, detail, fix } = describe(refusal);
  return { allowed: false, status, code: refusal.code, detail: withoutKeys(detail), fix };
}

/** Details repeat parts of the request, and any part of a request can contain a key. */
function withoutKeys(text: string): string {
  return text.replace(/_[0-9A-Za-z]{36,}/g, "_…");
}
