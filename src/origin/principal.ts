/** Who a request is from and what they can do, as the gateway has proven it. */

import { base64url } from "jose";
import type { AssertionClaims } from "./claims.ts";
import { AssertionError } from "./error.ts";

export interface Principal {
  readonly keyId: string;
  readonly organizationId: string;
  readonly environment: string;
  readonly reach: "organization" | "workspace";
  /** `undefined`: every workspace of the organization. */
  readonly workspaceIds: readonly string[] | undefined;
  /** Absent where keys do not act as members. */
  readonly memberId: string | undefined;
  readonly role: string | undefined;
  readonly scopes: readonly string[];
  /** As in X-Request-Id and in the gateway's log. */
  readonly requestId: string;
  /** All that the assertion says. */
  readonly claims: AssertionClaims;
}

export function principalOf(claims: AssertionClaims): Principal {
  return {
    keyId: claims.sub,
    organizationId: claims.org,
    environment: claims.env,
    reach: claims.reach,
    workspaceIds: claims.workspaces,
    memberId: claims.member,
    role: claims.role,
    scopes: claims.scope.split(" ").filter(Boolean),
    requestId: claims.rid,
    claims,
  };
}

export function hasScope({ scopes }: Principal, scope: string): boolean {
  return scopes.includes(scope);
}

/** Throws an `AssertionError`: `scope_missing`, or `assertion_missing` where the request was not verified. */
export function requireScope(principal: Principal | undefined, scope: string): asserts principal is Principal {
  requirePrincipal(principal);
  if (hasScope(principal, scope)) return;
  throw new AssertionError("scope_missing", `This needs the scope ${scope}.`);
}

export function mayReachWorkspace({ workspaceIds }: Principal, workspaceId: string): boolean {
  return workspaceIds === undefined || workspaceIds.includes(workspaceId);
}

/**
 * Throws an `AssertionError`: `workspace_forbidden`, or `assertion_missing` where the request was not verified. Whether the
 * workspace belongs to the organization is for the origin to know.
 */
export function requireWorkspace(
  principal: Principal | undefined,
  workspaceId: string,
): asserts principal is Principal {
  requirePrincipal(principal);
  if (mayReachWorkspace(principal, workspaceId)) return;
  throw new AssertionError("workspace_forbidden", `The key does not reach the workspace ${workspaceId}.`);
}

/** For routes with `digest: true`: throws where the body is not the one that the gateway saw. `body`: its bytes, all of them. */
export async function requireDigest({ claims }: Principal, body: Uint8Array<ArrayBuffer> | ArrayBuffer): Promise<void> {
  if (claims.digest === undefined)
    throw new AssertionError("digest_missing", "The assertion has no digest of the body.");
  const digest = base64url.encode(new Uint8Array(await crypto.subtle.digest("SHA-256", body)));
  if (digest !== claims.digest)
    throw new AssertionError("digest_mismatch", "The body does not match the digest in the assertion.");
}

function requirePrincipal(principal: Principal | undefined): asserts principal is Principal {
  if (principal === undefined) throw new AssertionError("assertion_missing", "The request was not verified.");
}
