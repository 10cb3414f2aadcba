/** The platform team in the console: by a link that the root token makes, for an hour. */

import { LINK_LIFE_MS, RETENTION_MS, ROOT_SESSION_LIFE_MS } from "../domain/session.ts";
import type { Refusal } from "../errors.ts";
import {
  deleteRootSession,
  isRootLinkUsable,
  readRootSession,
  rootLinkInserts,
  spendRootLink,
} from "../store/root-sessions.ts";
import { forbidden } from "./access.ts";
import type { Caller, Control } from "./control.ts";
import type { MadeSignInLink } from "./sign-in-link.ts";
import { hashOfToken, newToken } from "./token.ts";

/** By the token itself: no session makes itself another, and lives on in it. */
export async function createRootSignInLink(control: Control, caller: Caller): Promise<MadeSignInLink | Refusal> {
  if (caller.actor !== "root" || caller.via !== "root") return forbidden("Only the root token makes such links.");
  const now = control.now();
  const token = newToken("kgq", control.randomBytes);
  const expiresAt = now + LINK_LIFE_MS;
  const link = {
    id: control.newId("ses"),
    linkHash: (await hashOfToken("kgq", token)) as string,
    linkExpiresAt: expiresAt,
  };
  await control.db.batch(rootLinkInserts(control.db, link, now - RETENTION_MS));
  return { url: `${control.gateway.controlUrl}/sign-in/root/${token}`, expiresAt };
}

export async function findRootLink(control: Control, token: string): Promise<Refusal | undefined> {
  const hash = await hashOfToken("kgq", token);
  const isUsable = hash !== undefined && (await isRootLinkUsable(control.db, hash, control.now()));
  return isUsable ? undefined : { code: "sign_in_link_invalid" };
}

/** The token for the cookie; shown this once. */
export async function signInAsRoot(control: Control, linkToken: string): Promise<string | Refusal> {
  const linkHash = await hashOfToken("kgq", linkToken);
  if (linkHash === undefined) return { code: "sign_in_link_invalid" };
  const token = newToken("kgo", control.randomBytes);
  const hash = (await hashOfToken("kgo", token)) as string;
  const at = control.now();
  const isSpent = await spendRootLink(control.db, linkHash, { hash, at, expiresAt: at + ROOT_SESSION_LIFE_MS });
  return isSpent ? token : { code: "sign_in_link_invalid" };
}

/** Who is signed in by this token; `undefined` for tokens of members. */
export async function findRootSession(
  control: Control,
  token: string,
): Promise<Omit<Caller, "requestId"> | Refusal | undefined> {
  const hash = await hashOfToken("kgo", token);
  if (hash === undefined) return undefined;
  const id = await readRootSession(control.db, hash, control.now());
  return id ? { actor: "root", via: id, standing: { kind: "root" } } : { code: "session_ended" };
}

export async function signOutRoot(control: Control, token: string): Promise<void> {
  const hash = await hashOfToken("kgo", token);
  if (hash !== undefined) await deleteRootSession(control.db, hash);
}
