/** Who calls the management API: the root token, a member that it acts as, a key, or a signed-in member. */

import type { Caller, Control } from "../control/control.ts";
import { standingOfKey, standingOfMember } from "../control/standing.ts";
import type { KeyRecord } from "../domain/key.ts";
import { isRefusal, type Refusal } from "../errors.ts";
import { readMember } from "../store/members.ts";
import { readOrganization } from "../store/organizations.ts";
import type { MemberSession } from "../store/sessions.ts";
import { bearerOf, isTokenOf } from "./secret-token.ts";
import { readSession, sessionToken } from "./session.ts";

export interface Sources {
  readonly control: Control;
  readonly rootTokens: string;
  /** Of the key that the request shows in its Authorization header. */
  readonly recordOfKey: (request: Request, waitUntil: WaitUntil) => Promise<KeyRecord | Refusal>;
}

type WaitUntil = (promise: Promise<unknown>) => void;
type Who = Omit<Caller, "requestId">;

/** What the request shows of who calls, as it was sent. */
export function credentialOf(request: Request): string {
  const { headers } = request;
  const actAs = headers.get("keygate-act-as") ?? "";
  return `${headers.get("authorization") ?? sessionToken(request) ?? ""} ${actAs}`;
}

export async function identifyCaller(request: Request, sources: Sources, waitUntil: WaitUntil): Promise<Who | Refusal> {
  const who = await identify(request, sources, waitUntil);
  if (isRefusal(who) || who.via === "root" || !request.headers.has("keygate-act-as")) return who;
  return { code: "request_invalid", problem: "Only the root token can use Keygate-Act-As." };
}

async function identify(request: Request, sources: Sources, waitUntil: WaitUntil): Promise<Who | Refusal> {
  if (!request.headers.has("authorization")) return bySession(request, sources.control);
  const token = bearerOf(request);
  if (token !== undefined && (await isTokenOf(sources.rootTokens, token))) return byRoot(request, sources.control);
  const key = await sources.recordOfKey(request, waitUntil);
  // It can be meant as a root token or as a key.
  if (isRefusal(key)) return key.code === "credentials_malformed" ? { code: "token_invalid", asked: "API token" } : key;
  const { gateway } = sources.control;
  const standing = standingOfKey(key, gateway);
  return { actor: standing.memberId ?? key.id, via: key.id, standing };
}

async function bySession(request: Request, control: Control): Promise<Who | Refusal> {
  const session = await readSession(request, control);
  if (!session) return { code: "credentials_missing", asked: "API token" };
  return isRefusal(session) ? session : callerOfSession(session, control);
}

export function callerOfSession({ id, member }: MemberSession, { gateway }: Control): Who {
  return { actor: member.id, via: id, standing: standingOfMember(member, gateway) };
}

/** `Keygate-Act-As`: with the rights of this member, and no others. */
async function byRoot(request: Request, control: Control): Promise<Who | Refusal> {
  const memberId = request.headers.get("keygate-act-as");
  if (memberId === null) return { actor: "root", via: "root", standing: { kind: "root" } };
  const member = await readMember(control.db, memberId);
  if (!member) return { code: "request_invalid", problem: "Keygate-Act-As does not name a member." };
  const organization = await readOrganization(control.db, member.organizationId);
  if (organization?.status === "suspended") return { code: "organization_suspended" };
  return { actor: member.id, via: "root", standing: standingOfMember(member, control.gateway) };
}
