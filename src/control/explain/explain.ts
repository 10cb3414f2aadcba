/**
 * Why the gateway answers a request as it does, and what to change. This folder asks the data plane's own functions, so that
 * the two cannot disagree. Spends nothing.
 */

import type { Gateway } from "../../config/compile.ts";
import { requiredScope } from "../../decide/authorize.ts";
import type { KeyRecord } from "../../domain/key.ts";
import { rightsOf } from "../../domain/rights.ts";
import type { Scope } from "../../domain/scope.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { requireScope } from "../access.ts";
import type { Caller, Control } from "../control.ts";
import { type Arrival, arrive, forwardStep } from "./arrival.ts";
import { decide, type ExplainedKey, type Explanation, judge, type Step, skip } from "./explanation.ts";
import { CHECKS_OF_KEY, judgeKey } from "./key-steps.ts";
import { urlOfPasted } from "./path.ts";
import { environmentOf, type Question, readHeaders, readRequest } from "./request.ts";
import { SEEING_KEYS, shownByCredential, shownById } from "./shown.ts";

const FORWARDED = { status: null, detail: "The gateway forwards the request, and the origin answers." };
const PREFLIGHT = { status: 204, detail: "The gateway answers this CORS preflight itself, for every caller." };

export async function explain(control: Control, caller: Caller, question: Question): Promise<Explanation | Refusal> {
  const { gateway } = control;
  const denied = requireScope(caller, SEEING_KEYS);
  if (denied) return denied;
  const headers = readHeaders(question);
  if (isRefusal(headers)) return headers;
  const named = question.keyId === undefined ? undefined : await shownById(control, caller, question.keyId);
  if (isRefusal(named)) return named;
  const environment = named?.record.environment ?? environmentOf(headers, gateway);
  const request = readRequest({ ...question, url: urlOfPasted(question.url, environment, gateway) }, headers);
  if (isRefusal(request)) return request;
  const arrival = arrive(request, gateway);
  if (isRefusal(arrival)) return arrival;
  if (arrival.isPreflight || arrival.route?.public) return explainOpen(arrival);
  const shown = named ?? (await shownByCredential(control, caller, request.headers));
  if (isRefusal(shown)) return shown.code === "lookup_budget_spent" ? shown : explainUnknown(arrival, shown);
  const judged = await judgeKey(control, shown, arrival, question.clientAddress);
  if (isRefusal(judged)) return judged;
  const refusal = arrival.refusal ?? judged.refusal;
  const required = requiredOf(arrival);
  return {
    decision: decide(refusal, FORWARDED),
    steps: [...arrival.steps, ...judged.steps, lastStep(arrival, refusal)],
    requiredScope: required,
    lackingIn: required === null ? [] : rightsOf(shown.record, gateway.policy).lacking(required),
    key: explainedKey(shown.record, gateway),
  };
}

/** For what needs no key. */
function explainOpen(arrival: Arrival): Explanation {
  const { isPreflight, refusal } = arrival;
  const unneeded = ["credential" as const, ...CHECKS_OF_KEY].map((check) => skip(check, "The request needs no key."));
  const last = isPreflight ? skip("origin", "A preflight is not forwarded.") : lastStep(arrival, refusal);
  return {
    decision: decide(refusal, isPreflight ? PREFLIGHT : FORWARDED),
    steps: [...arrival.steps, ...unneeded, last],
    requiredScope: null,
    lackingIn: [],
    key: null,
  };
}

function explainUnknown(arrival: Arrival, unknown: Refusal): Explanation {
  const untold = CHECKS_OF_KEY.map((check) => skip(check, "There is no key."));
  return {
    decision: decide(arrival.refusal ?? unknown, FORWARDED),
    steps: [...arrival.steps, judge("credential", unknown, ""), ...untold, lastStep(arrival, unknown)],
    requiredScope: requiredOf(arrival),
    lackingIn: [],
    key: null,
  };
}

function lastStep(arrival: Arrival, refusal: Refusal | undefined): Step {
  return refusal ? skip("origin", "The gateway does not forward refused requests.") : forwardStep(arrival);
}

function requiredOf({ route, request }: Arrival): Scope | null {
  return route && !route.public ? requiredScope(route, request.method) : null;
}

function explainedKey(record: KeyRecord, { environments, policy }: Gateway): ExplainedKey {
  const { effective, workspaces } = rightsOf(record, policy);
  return {
    id: record.id,
    organizationId: record.organization.id,
    environment: record.environment,
    baseUrl: environments[record.environment]?.url ?? "",
    scopes: [...effective].sort(),
    workspaces: workspaces ? [...workspaces].sort() : null,
  };
}
