/** Organizations and members as rows, and sign-ins of them. */

import { env } from "cloudflare:workers";
import { signIn } from "../../src/control/sessions/session.ts";
import { createSignInLink } from "../../src/control/sessions/sign-in-link.ts";
import type { MemberRecord } from "../../src/records/member.ts";
import { memberInserts } from "../../src/store/members.ts";
import { organizationInsert } from "../../src/store/organizations.ts";
import { granted, root, type TestControl } from "./control.ts";
import { newId } from "./workerd.ts";

export async function makeOrganization(): Promise<string> {
  const id = newId("org");
  const organization = { id, name: "Acme & Söhne", plan: null, environments: ["sandbox"], keyQuota: null } as const;
  const rest = { status: "active", trialStartedAt: null, location: null, createdAt: 1, version: newId("ver") } as const;
  await organizationInsert(env.DB, { ...organization, ...rest }).run();
  return id;
}

export async function makeMember(organizationId: string, role = "owner"): Promise<MemberRecord> {
  const id = newId("mem");
  const member = {
    id,
    organizationId,
    email: `${id}@acme.test`,
    name: "Ada <b>Lovelace</b>",
    role,
    workspaceIds: [],
    createdAt: 1,
    version: newId("ver"),
    lastSignedInAt: null,
  };
  await env.DB.batch(memberInserts(env.DB, member));
  return member;
}

/** The token of a sign-in link that was just made by the root token. */
export async function linkTokenFor(control: TestControl, memberId: string, next = "/"): Promise<string> {
  const { url } = granted(await createSignInLink(control, root(), { memberId, next }));
  return url.slice(url.lastIndexOf("/") + 1);
}

const FROM = { device: "Firefox on Windows", place: "Berlin, Germany" };

export const signInWith = (control: TestControl, linkToken: string, previous?: string) =>
  signIn(control, { linkToken, previous, requestId: newId("req"), ...FROM });

/** The token of a new session. */
export async function sessionTokenFor(control: TestControl, memberId: string, previous?: string): Promise<string> {
  return granted(await signInWith(control, await linkTokenFor(control, memberId), previous)).token;
}

export const removeMember = (id: string) => set("UPDATE members SET removed_at = 1 WHERE id = ?", id);
export const giveRole = (id: string, role: string) => set("UPDATE members SET role = ?2 WHERE id = ?1", id, role);
export const setStatus = (id: string, status: string) =>
  set("UPDATE organizations SET status = ?2 WHERE id = ?1", id, status);

const set = (sql: string, ...values: string[]) =>
  env.DB.prepare(sql)
    .bind(...values)
    .run();
