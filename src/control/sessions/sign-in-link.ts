import { expand } from "../../domain/scope.ts";
import { LINK_LIFE_MS } from "../../domain/session.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import type { MemberRecord } from "../../records/member.ts";
import { auditInsert } from "../../store/audit.ts";
import { readOrganization } from "../../store/organizations.ts";
import {
  invitationEnd,
  type LinkUse,
  readUsableLink,
  signInLinkInsert,
  type UsableLink,
} from "../../store/sign-in-links.ts";
import { findMember, forbidden } from "../access.ts";
import { commit } from "../commit.ts";
import { auditEvent, type Caller, type Control } from "../control.ts";
import { checkStanding, isOwner, ownerRoles } from "../people/rules.ts";
import { invalid } from "../validation.ts";
import { refuseKey } from "./rules.ts";
import { hashesOfToken, newToken } from "./token.ts";

export interface NewSignInLink {
  readonly memberId: string;
  /** The path to open after the sign-in. */
  readonly next: string;
}

export interface MadeSignInLink {
  /** Anyone who opens it signs in as the member. */
  readonly url: string;
  readonly expiresAt: number;
}

/** Whom it lets in can do no more than the caller. */
export async function createSignInLink(
  control: Control,
  caller: Caller,
  wanted: NewSignInLink,
): Promise<MadeSignInLink | Refusal> {
  const member = await findGuest(control, caller, wanted.memberId);
  if (isRefusal(member)) return member;
  const next = sitePath(wanted.next, control.gateway.controlUrl);
  if (next === undefined) return invalid("next", "must be a path of this site, such as /keys?page=2");
  return makeLink(control, caller, member, { next, lifeMs: LINK_LIFE_MS, invites: false });
}

/** An earlier invitation of the member ends with a new one, because its link can be lost. */
export async function makeLink(
  control: Control,
  caller: Caller,
  { id: memberId, organizationId, role }: MemberRecord,
  { next, lifeMs, invites }: { next: string; lifeMs: number; invites: boolean },
): Promise<MadeSignInLink> {
  const { db, gateway } = control;
  const createdAt = control.now();
  const expiresAt = createdAt + lifeMs;
  const { token, hash } = await newToken("kgl", control);
  const link = { hash, organizationId, memberId, role, next, createdBy: caller.actor, createdAt, expiresAt, invites };
  const event = auditEvent(control, caller, {
    organizationId,
    action: invites ? "invitation.created" : "sign_in_link.created",
    target: memberId,
    details: { expiresAt: new Date(expiresAt).toISOString() },
  });
  const earlier = invites ? [invitationEnd(db, memberId, createdAt)] : [];
  await commit(control, undefined, [...earlier, signInLinkInsert(db, link), auditInsert(db, event)]);
  return { url: `${gateway.controlUrl}/sign-in/${token}`, expiresAt };
}

/** A member whom the caller can let in now. */
export async function findGuest(control: Control, caller: Caller, memberId: string): Promise<MemberRecord | Refusal> {
  const member = await findInvited(control, caller, memberId);
  if (isRefusal(member)) return member;
  const organization = await readOrganization(control.db, member.organizationId);
  if (organization?.status !== "active") {
    return { code: "conflict", problem: "The organization is suspended, so its members cannot sign in." };
  }
  return checkStanding(caller, member, control.gateway) ?? member;
}

/** A member whose links the caller manages. */
export async function findInvited(control: Control, caller: Caller, memberId: string): Promise<MemberRecord | Refusal> {
  const { standing } = caller;
  const refusal = refuseKey(caller);
  if (refusal) return refusal;
  if (standing.kind === "member" && !isOwner(standing)) {
    return forbidden("Only an owner of the organization, or the root token, can manage sign-in links and invitations.");
  }
  return findMember(control, caller, memberId, "members:write");
}

/** A link lets in nobody who can do more than its creator can now. */
export function linkUse({ gateway, now }: Control): LinkUse {
  const { roles, resources, bundles } = gateway.policy;
  const scopesOf = (role: string) => expand(roles[role]?.scopes ?? [], resources, bundles);
  const beyond = (owner: string) => Object.keys(roles).filter((role) => !scopesOf(role).isSubsetOf(scopesOf(owner)));
  return { now: now(), creators: Object.fromEntries(ownerRoles(gateway).map((owner) => [owner, beyond(owner)])) };
}

/** What a link's page says. The link stays as it is: programs look at links before people do. */
export async function findSignInLink(control: Control, token: string): Promise<UsableLink | Refusal> {
  const hashes = await hashesOfToken(control, "kgl", token);
  const link = hashes && (await control.look(hashes[0], () => readUsableLink(control.db, hashes, linkUse(control))));
  return link ?? { code: "sign_in_link_invalid" };
}

/**
 * The path as it goes into a Location header; `undefined` if it leads a browser to another site. Browsers read `\` as
 * `/`, drop tabs and line breaks, and take what follows `//` as a host, even a `//` that is left after dot segments are removed.
 */
export function sitePath(text: string, controlUrl: string): string | undefined {
  if (!/^\/[\x21-\x5b\x5d-\x7e]*$/.test(text)) return undefined;
  const url = URL.parse(text, controlUrl);
  if (url?.origin !== new URL(controlUrl).origin || url.pathname.startsWith("//")) return undefined;
  return url.pathname + url.search + url.hash;
}
