/** The pages that the navigation and the search lead to. */

import { requireScope } from "../../control/access.ts";
import type { MemberStanding } from "../../control/control.ts";
import type { Visit } from "./visit.ts";

export interface Place {
  readonly path: string;
  readonly name: string;
  readonly isOpenTo?: (standing: MemberStanding) => boolean;
}

const PLACES: readonly Place[] = [
  { path: "/", name: "Overview" },
  { path: "/keys", name: "API keys", isOpenTo: managesKeys },
  { path: "/key-requests", name: "Key requests", isOpenTo: (standing) => !managesKeys(standing) },
  {
    path: "/requests",
    name: "Requests",
    isOpenTo: (standing) => managesKeys(standing) && standing.scopes.has("usage:read"),
  },
  { path: "/workspaces", name: "Workspaces", isOpenTo: ({ scopes }) => scopes.has("workspaces:read") },
  { path: "/members", name: "Members", isOpenTo: ({ scopes }) => scopes.has("members:read") },
  { path: "/audit", name: "Audit", isOpenTo: ({ scopes }) => scopes.has("audit_events:read") },
  { path: "/organization", name: "Organization", isOpenTo: ({ scopes }) => scopes.has("organizations:read") },
  { path: "/sessions", name: "Your sessions" },
];
const ROOT_PLACES: readonly Place[] = [{ path: "/organizations", name: "Organizations" }];
const SIGN_IN: Place = { path: "/", name: "Sign in" };

/** For everyone. */
const OPEN_PLACES: readonly Place[] = [
  { path: "/guide", name: "Guide" },
  { path: "/errors", name: "Error codes" },
  { path: "/docs", name: "Management API" },
];

export function managesKeys({ scopes, manages }: MemberStanding): boolean {
  return scopes.has("api_keys:read") && (manages.organization !== "none" || manages.workspace !== "none");
}

/** The visitor's own, and those that are open to everyone. */
export function placesFor({ req, var: { visitor, root } }: Visit): { own: readonly Place[]; open: readonly Place[] } {
  const standing = visitor?.caller.standing;
  if (standing?.kind === "member") {
    return { own: PLACES.filter(({ isOpenTo }) => isOpenTo?.(standing) ?? true), open: OPEN_PLACES };
  }
  if (root) return { own: ROOT_PLACES, open: OPEN_PLACES };
  const isSigningIn = req.path.startsWith("/sign-in/");
  return { own: [], open: isSigningIn ? OPEN_PLACES : [SIGN_IN, ...OPEN_PLACES] };
}

/** What the visitor can begin from anywhere. */
export function beginningsFor({ var: { visitor } }: Visit): readonly Place[] {
  const { standing } = visitor?.caller ?? {};
  if (!visitor || standing?.kind !== "member" || !managesKeys(standing)) return [];
  return requireScope(visitor.caller, "api_keys:write") ? [] : [{ path: "/keys/new", name: "Create a key" }];
}
