/** The platform team's sessions in the console: the root token creates a link, and the session lasts an hour. */

import { LINK_LIFE_MS, ROOT_SESSION_LIFE_MS } from "../../domain/session.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import {
  deleteRootSession,
  readRootSession,
  readUsableRootLink,
  spendRootLink,
  writeRootLink,
} from "../../store/root-sessions.ts";
import { forbidden } from "../access.ts";
import type { Caller, Control } from "../control.ts";
import type { MadeSignInLink } from "./sign-in-link.ts";
import { hashesOfToken, newToken } from "./token.ts";

/** Only by the token itself, so that no session can prolong itself with a new one. */
export async function createRootSignInLink(control: Control, caller: Caller): Promise<MadeSignInLink | Refusal> {
  if (caller.actor !== "root" || caller.via !== "root") return forbidden("Only the root token can create such links.");
  const now = control.now();
  const { token, hash: linkHash } = await newToken("kgq", control);
  const expiresAt = now + LINK_LIFE_MS;
  const link = {
    id: control.newId("ses"),
    linkHash,
    linkExpiresAt: expiresAt,
  };
  await writeRootLink(control.db, link);
  return { url: `${control.gateway.controlUrl}/sign-in/root/${token}`, expiresAt };
}

/** Its id. The link stays as it is: programs look at links before people do. */
export async function findRootLink(control: Control, token: string): Promise<string | Refusal> {
  const hashes = await hashesOfToken(control, "kgq", token);
  const id = hashes && (await control.look(hashes[0], () => readUsableRootLink(control.db, hashes, control.now())));
  return id ?? { code: "sign_in_link_invalid" };
}

/** The token for the cookie; shown this once. */
export async function signInAsRoot(control: Control, linkToken: string): Promise<string | Refusal> {
  const id = await findRootLink(control, linkToken);
  if (isRefusal(id)) return id;
  const { token, hash } = await newToken("kgo", control);
  const at = control.now();
  const isSpent = await spendRootLink(control.db, id, { hash, at, expiresAt: at + ROOT_SESSION_LIFE_MS });
  return isSpent ? token : { code: "sign_in_link_invalid" };
}

/** Who is signed in by this token; `undefined` for tokens of members. */
export async function findRootSession(
  control: Control,
  token: string,
): Promise<Omit<Caller, "requestId"> | Refusal | undefined> {
  const hashes = await hashesOfToken(control, "kgo", token);
  if (!hashes) return undefined;
  const session = await control.look(hashes[0], () => readRootSession(control.db, hashes, control.now()));
  if (isRefusal(session)) return session;
  if (!session) return { code: "session_ended" };
  const viewedMemberId = session.viewedMemberId ?? undefined;
  return { actor: "root", via: session.id, standing: { kind: "root" }, viewedMemberId };
}

export async function signOutRoot(control: Control, token: string): Promise<Refusal | undefined> {
  const caller = await findRootSession(control, token);
  if (isRefusal(caller)) return caller.code === "session_ended" ? undefined : caller;
  if (caller) await deleteRootSession(control.db, caller.via);
  return undefined;
}
