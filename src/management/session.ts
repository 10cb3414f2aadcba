/** The session cookie of a member or of the platform team. */

import type { Caller, Control } from "../control/control.ts";
import { findRootSession } from "../control/sessions/root-session.ts";
import { findSession } from "../control/sessions/session.ts";
import type { Refusal } from "../errors.ts";
import type { MemberSession } from "../store/sessions.ts";
import { cookieIn, cookieLine } from "./cookies.ts";
import { isSameSite, mayRead } from "./same-site.ts";

const COOKIE = "session";

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

export const sessionToken = (request: Request): string | undefined => cookieIn(request, COOKIE);

/** It goes with the browser's own session; the gateway ends it earlier. */
export const sessionCookie = (token: string): string => cookieLine(COOKIE, token);

export const expiredCookie = (): string => cookieLine(COOKIE, "", 0);
