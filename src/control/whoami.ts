import { type Role, rightsOf } from "../domain/rights.ts";
import { resourceOf, type Scope } from "../domain/scope.ts";
import { readMember } from "../store/members.ts";
import { readOrganization } from "../store/organizations.ts";
import { readSession } from "../store/sessions.ts";
import type { Caller, Control, MemberStanding } from "./control.ts";

export interface Whoami {
  /** `member`: signed in, or acted as by the root token. */
  readonly kind: "root" | "member" | "key";
  readonly actor: string;
  /** By what the actor acts: `root`, or the id of the session or the key. */
  readonly via: string;
  /** `null` for root, which belongs to none. */
  readonly organization: { readonly id: string; readonly name: string } | null;
  /** `null` if the caller acts as no member. */
  readonly member: { readonly id: string; readonly name: string; readonly role: string } | null;
  /** Effective ones; `null` for all there are. */
  readonly scopes: readonly Scope[] | null;
  /** `null` for all. */
  readonly workspaces: readonly string[] | null;
  /** The one whose keys the caller manages; `null` for every one. */
  readonly environment: string | null;
  readonly expiresAt: number | null;
  /** The keys that the caller manages, by their reach. */
  readonly manages: Role["manages"];
}

/** Whose the credential is, and what it can do. Every caller can ask. */
export async function whoami(control: Control, { actor, via, standing }: Caller): Promise<Whoami> {
  if (standing.kind === "root") return { ...ROOT, actor, via };
  const { key, workspaces, manages } = standing;
  const [organization, member, expiresAt] = await Promise.all([
    readOrganization(control.db, standing.organizationId),
    standing.memberId === null ? undefined : readMember(control.db, standing.memberId),
    endOf(control, via, standing),
  ]);
  return {
    kind: key ? "key" : "member",
    actor,
    via,
    organization: organization ? { id: organization.id, name: organization.name } : null,
    member: member ? { id: member.id, name: member.name, role: member.role } : null,
    scopes: scopesOf(control, standing),
    workspaces: workspaces ? [...workspaces].sort() : null,
    environment: key?.environment ?? null,
    expiresAt,
    manages,
  };
}

const ROOT: Omit<Whoami, "actor" | "via"> = {
  kind: "root",
  organization: null,
  member: null,
  scopes: null,
  workspaces: null,
  environment: null,
  expiresAt: null,
  manages: { organization: "all", workspace: "all" },
};

/** In the management API, and for a key those that routes ask for too. */
function scopesOf({ gateway: { policy } }: Control, { key, scopes }: MemberStanding): Scope[] {
  const effective = key ? [...rightsOf(key, policy).effective] : [];
  const ofRoutes = effective.filter((scope) => !policy.resources[resourceOf(scope)]?.management);
  return [...scopes.union(new Set(ofRoutes))].sort();
}

/** Of the key or the session; a root token that acts as a member has none. */
async function endOf({ db }: Control, via: string, { key }: MemberStanding): Promise<number | null> {
  if (key) return key.expiresAt;
  return (await readSession(db, via))?.expiresAt ?? null;
}
