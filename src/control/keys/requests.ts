/** Members who cannot create keys ask for one. Those who can create it, or decline. */

import { isRefusal, type Refusal } from "../../errors.ts";
import { auditedOfKeyRequest, type KeyRequest, type WantedKeyRequest } from "../../records/key-request.ts";
import { auditInsertIf } from "../../store/audit.ts";
import { keyRequestDecision, keyRequestInsert, listKeyRequests, readKeyRequest } from "../../store/key-requests.ts";
import { readOrganization } from "../../store/organizations.ts";
import type { Page, PageRequest } from "../../store/pages.ts";
import { forbidden, isWithin } from "../access.ts";
import { commit } from "../commit.ts";
import { auditEvent, type Caller, type Control } from "../control.ts";
import { checkOpen } from "../organizations/rules.ts";
import { refuseKey } from "../sessions/rules.ts";
import { allOf, notFound } from "../validation.ts";
import { checkEnvironment, checkScopes } from "./rules.ts";

/** Of one member. */
export const MAX_OPEN_REQUESTS = 20;

/** Whether the caller can create keys, and so answers requests. */
export function answersRequests({ standing }: Caller): boolean {
  if (standing.kind === "root") return true;
  const { manages, scopes } = standing;
  return scopes.has("api_keys:write") && (manages.organization !== "none" || manages.workspace !== "none");
}

export async function requestKey(
  control: Control,
  caller: Caller,
  wanted: WantedKeyRequest,
): Promise<KeyRequest | Refusal> {
  const refusal = refuseKey(caller);
  if (refusal) return refusal;
  const { standing } = caller;
  if (standing.kind === "root" || standing.memberId === null) return forbidden("Only a member can request a key.");
  const { organizationId, memberId } = standing;
  const wrong = await refusalOf(control, organizationId, wanted);
  if (wrong) return wrong;
  const request: KeyRequest = {
    ...wanted,
    ...{ id: control.newId("krq"), organizationId, memberId, createdAt: control.now(), version: control.newId("ver") },
    ...{ decidedAt: null, decidedBy: null, reason: null, keyId: null },
  };
  const details = auditedOfKeyRequest(request);
  const { changes } = await commit(control, undefined, [
    keyRequestInsert(control.db, request, MAX_OPEN_REQUESTS),
    eventOf(control, caller, request, "key_request.created", details),
  ]);
  if (changes[0] !== 0) return request;
  return {
    code: "conflict",
    problem: `You have ${MAX_OPEN_REQUESTS} requests without an answer. Wait until one is answered.`,
  };
}

async function refusalOf(control: Control, organizationId: string, { environment, scopes }: WantedKeyRequest) {
  const { db, gateway } = control;
  const organization = await readOrganization(db, organizationId);
  return allOf([
    checkEnvironment(environment, gateway) ?? (organization && checkOpen(organization, environment, gateway)),
    checkScopes(scopes, gateway),
  ]);
}

export interface WantedRequests {
  readonly organizationId: string;
  readonly isOpen?: boolean | undefined;
}

/** Of all members, or the caller's own. */
export async function listKeyRequestsFor(
  control: Control,
  caller: Caller,
  { organizationId, isOpen }: WantedRequests,
  page: PageRequest,
): Promise<Page<KeyRequest> | Refusal> {
  const refusal = refuseKey(caller);
  if (refusal) return refusal;
  if (!isWithin(caller, organizationId)) return notFound("organization");
  return listKeyRequests(control.db, { organizationId, isOpen, memberId: ownOf(caller) }, page);
}

/** One that the caller has made or can answer. */
export async function findRequest(control: Control, caller: Caller, id: string): Promise<KeyRequest | Refusal> {
  const refusal = refuseKey(caller);
  if (refusal) return refusal;
  const request = await readKeyRequest(control.db, id);
  const own = ownOf(caller);
  const isFound =
    request && isWithin(caller, request.organizationId) && (own === undefined || own === request.memberId);
  return isFound ? request : notFound("key request");
}

/** One that has no answer yet, for those who can answer it. */
export async function findOpenRequest(control: Control, caller: Caller, id: string): Promise<KeyRequest | Refusal> {
  const refusal = refuseKey(caller);
  if (refusal) return refusal;
  if (!answersRequests(caller)) return forbidden("Only a member who can create keys can answer requests for them.");
  const request = await findRequest(control, caller, id);
  return isRefusal(request) || request.decidedAt === null ? request : ANSWERED;
}

export const ANSWERED: Refusal = { code: "conflict", problem: "The request already has an answer." };

export async function declineRequest(
  control: Control,
  caller: Caller,
  id: string,
  reason: string,
): Promise<KeyRequest | Refusal> {
  const request = await findOpenRequest(control, caller, id);
  if (isRefusal(request)) return request;
  const declined = answered(control, caller, request, { reason, keyId: null });
  const { changes } = await commit(control, undefined, [
    keyRequestDecision(control.db, declined),
    eventOf(control, caller, declined, "key_request.declined", { name: request.name, reason }),
  ]);
  return changes[0] === 0 ? ANSWERED : declined;
}

/** For the batch that creates the key, whose own event is the proof of an idempotent call. */
export function grantOf(control: Control, caller: Caller, request: KeyRequest, keyId: string): D1PreparedStatement[] {
  const granted = answered(control, caller, request, { reason: null, keyId });
  return [
    keyRequestDecision(control.db, granted),
    eventOf(control, { ...caller, idempotency: undefined }, granted, "key_request.granted", {
      name: request.name,
      keyId,
    }),
  ];
}

function answered(
  control: Control,
  { actor }: Caller,
  request: KeyRequest,
  answer: Pick<KeyRequest, "reason" | "keyId">,
): KeyRequest {
  return { ...request, ...answer, decidedAt: control.now(), decidedBy: actor, version: control.newId("ver") };
}

function eventOf(
  control: Control,
  caller: Caller,
  { id, organizationId, version }: KeyRequest,
  action: string,
  details: Record<string, unknown>,
): D1PreparedStatement {
  const event = auditEvent(control, caller, { organizationId, action, target: id, details });
  return auditInsertIf(control.db, event, "key_requests", version);
}

/** Whose requests alone the caller sees. */
function ownOf(caller: Caller): string | undefined {
  const { standing } = caller;
  return standing.kind === "root" || answersRequests(caller) ? undefined : (standing.memberId ?? "");
}
