/** The session cookie of a member or of the platform team. */

import { serialize } from "hono/utils/cookie";
import type { Caller, Control } from "../control/control.ts";
import { findRootSession } from "../control/sessions/root-session.ts";
import { findSession } from "../control/sessions/session.ts";
import type { Refusal } from "../errors.ts";
import type { MemberSession } from "../store/sessions.ts";
import { isSameSite, mayRead } from "./same-site.ts";

/** https://www.rfc-editor.org/rfc/rfc6265bis: with this prefix, no other host can have set it. */
const COOKIE = "__Host-keygate_session";
/** Tokens are not encoded, and decoding is expensive when it fails. */
const TOKEN = new RegExp(`(?:^|;) *${COOKIE}=([^;]*)`);
const ATTRIBUTES = { path: "/", secure: true, httpOnly: true, sameSite: "Lax" } as const;

/** Who is signed in by the request's cookie; `undefined` if it has none. */
export async function readSession(request: Request, control: Control): Promise<MemberSession | Refusal | undefined> {
  const token = sessionToken(request);
  if (token === undefined) return undefined;
  return isAllowed(request) ? findSession(control, token) : { code: "cross_site_refused" };
}

/** The platform team, if the request's cookie is theirs. */
export async function readRootCaller(
  request: Request,
  control: Control,
): Promise<Omit<Caller, "requestId"> | Refusal | undefined> {
  const token = sessionToken(request);
  const caller = token === undefined ? undefined : await findRootSession(control, token);
  return caller && !isAllowed(request) ? { code: "cross_site_refused" } : caller;
}

/** A browser must have sent it for a page of ours. */
function isAllowed(request: Request): boolean {
  const safe = request.method === "GET" || request.method === "HEAD";
  return safe ? mayRead(request) : isSameSite(request);
}

export function sessionToken({ headers }: Request): string | undefined {
  return TOKEN.exec(headers.get("cookie") ?? "")?.[1]?.trimEnd();
}

/** As `Set-Cookie` says it. It goes with the browser's own session; the gateway ends it earlier. */
export function sessionCookie(token: string): string {
  return serialize(COOKIE, token, ATTRIBUTES);
}

export function expiredCookie(): string {
  return serialize(COOKIE, "", { ...ATTRIBUTES, maxAge: 0 });
}
