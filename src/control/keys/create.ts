import { DAY_MS } from "../../domain/durations.ts";
import { idIn, type Location } from "../../domain/location.ts";
import { generateSecret, hintOf } from "../../domain/secret.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { auditedOf, type ManagedKey, type NewKey, recordOf } from "../../records/key.ts";
import type { MemberRecord } from "../../records/member.ts";
import type { Organization } from "../../records/organization.ts";
import { auditInsertIf } from "../../store/audit.ts";
import { countPlaces } from "../../store/key-count.ts";
import { keyInserts } from "../../store/keys.ts";
import { readMember } from "../../store/members.ts";
import { findOrganization, forbidden } from "../access.ts";
import { commit } from "../commit.ts";
import { auditEvent, type Caller, type Control } from "../control.ts";
import { checkOpen } from "../organizations/rules.ts";
import { allOf, lostRace, notFound } from "../validation.ts";
import { excessOf } from "./grants.ts";
import { quotaFor, quotaRefusal } from "./quota.ts";
import { ANSWERED, findOpenRequest, grantOf } from "./requests.ts";
import { checkEnvironment, checkLife, checkMembership, checkRequired, checkTerms, checkWorkspaces } from "./rules.ts";

export interface CreatedKey {
  readonly key: ManagedKey;
  /** Known only now. Afterwards only its holder knows it. */
  readonly secret: string;
}

/** `requestId`: of the request for a key that it answers. */
export async function createKey(
  control: Control,
  caller: Caller,
  given: NewKey,
  requestId?: string,
): Promise<CreatedKey | Refusal> {
  const { db, gateway } = control;
  const organization = await findOrganization(control, caller, given.organizationId, "api_keys:write");
  if (isRefusal(organization)) return organization;
  const memberId = given.memberId ?? (caller.standing.kind === "member" ? caller.standing.memberId : null);
  const member = memberId === null ? undefined : await readMember(db, memberId);
  const wanted = { ...given, memberId };
  const refusal = allOf([
    ...(await refusalsOfNewKey(control, wanted, organization)),
    checkOwnTerms(caller, wanted),
    checkMembership(memberId, member?.organizationId === organization.id, gateway),
  ]);
  if (refusal) return refusal;

  const request = requestId === undefined ? undefined : await findOpenRequest(control, caller, requestId);
  if (isRefusal(request)) return request;
  if (request && request.organizationId !== organization.id) return notFound("key request");

  const secret = generateSecret(gateway.environments[wanted.environment]?.keyPrefix as string, control.randomBytes);
  const life = { ...wanted, expiresAt: lifeOf(control, caller, wanted) };
  const key = newKey(control, life, hintOf(secret), organization, member);
  // The time that was given can have come by now.
  const excess =
    checkLife(key.expiresAt, gateway.keys, key.createdAt) ??
    excessOf(control, caller, recordOf(key, member?.workspaceIds));
  if (excess) return excess;
  const quota = quotaFor(caller, organization, gateway);
  const event = auditEvent(control, caller, {
    organizationId: organization.id,
    action: "api_key.created",
    target: key.id,
    details: auditedOf(key),
  });
  const [pepper] = control.peppers;
  const stored = { hash: await pepper.hash(secret), pepperId: pepper.id };
  const actsAsMember = gateway.policy.actAs === "member";
  const { changes } = await commit(control, undefined, [
    ...keyInserts(db, key, stored, {
      quota,
      actsAsMember,
      organization: organization.version,
      member: member?.version,
      request: request?.id,
    }),
    auditInsertIf(db, event, "api_keys", key.version),
    ...(request ? grantOf(control, caller, request, key.id) : []),
  ]);
  if (changes[0] !== 0) return { key, secret };
  if (requestId !== undefined && isRefusal(await findOpenRequest(control, caller, requestId))) return ANSWERED;
  const isFull = (await countPlaces(db, organization.id, actsAsMember, control.now())) >= quota;
  return isFull ? quotaRefusal(caller, organization, gateway) : lostRace(caller, "organization or the member");
}

/** Of all fields that cannot be as they are. What is `undefined` is not checked. */
export async function refusalsOfNewKey(
  control: Control,
  wanted: Partial<NewKey>,
  organization: Organization,
): Promise<(Refusal | undefined)[]> {
  const { gateway } = control;
  const { environment, workspaceIds } = wanted;
  const isKnown = environment !== undefined && checkEnvironment(environment, gateway) === undefined;
  return [
    checkTerms(wanted, gateway, control.now()),
    checkRequired(wanted, gateway.keys),
    isKnown ? checkOpen(organization, environment, gateway) : undefined,
    workspaceIds && (await checkWorkspaces(control, organization.id, workspaceIds)),
  ];
}

export function newKey(
  control: Control,
  wanted: NewKey,
  hint: string,
  organization: Organization,
  member: MemberRecord | undefined,
): ManagedKey {
  const createdAt = control.now();
  return {
    ...wanted,
    id: keyIdFor(control, organization),
    version: control.newId("ver"),
    hint,
    secretRows: [{ hint, createdAt, expiresAt: null }],
    createdAt,
    expiresAt: wanted.expiresAt ?? createdAt + control.gateway.keys.lifetimeDays * DAY_MS,
    lastUsedAt: null,
    disabledAt: null,
    revokedAt: null,
    organizationStatus: organization.status,
    organizationPlan: organization.plan,
    memberRole: member?.role ?? null,
    memberRemovedAt: null,
  };
}

function keyIdFor(control: Control, organization: Organization): string {
  const location = locationFor(control, organization);
  const id = control.newId("key");
  return location ? idIn(location, id) : id;
}

function locationFor({ gateway, nearCaller }: Control, organization: Organization): Location | null | undefined {
  const places = { request: undefined, creator: nearCaller, organization: organization.location };
  return places[gateway.keys.authorityLocation];
}

/** If a key creates a key without an expiry, the new key lives as long as allowed, but no longer than its creator. */
function lifeOf({ gateway, now }: Control, { standing }: Caller, { expiresAt }: NewKey): number | null {
  const own = standing.kind === "member" ? standing.key : undefined;
  if (expiresAt !== null || !own) return expiresAt;
  return Math.min(own.expiresAt, now() + gateway.keys.lifetimeDays * DAY_MS);
}

/** Only the root token can create keys for other members, or keys with their own plan. */
function checkOwnTerms({ standing }: Caller, { memberId, plan }: NewKey): Refusal | undefined {
  if (standing.kind === "root") return undefined;
  if (memberId !== standing.memberId)
    return forbidden("You can create keys only for yourself: leave member_id out.", "member_id");
  return plan === null ? undefined : forbidden("Only the root token can give a key its own plan.", "plan");
}
