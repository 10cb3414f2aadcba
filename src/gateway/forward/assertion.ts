/** The proof that a request passed the gateway, for which caller and with which rights: valid for this request and for a minute. */

import type { Environment } from "../../config/compile.ts";
import { type Principal, reachOf } from "../../decide/principal.ts";
import { toBase64Url } from "../../domain/base64url.ts";
import { type Log, messageLine } from "../../domain/log-line.ts";
import type { Rights } from "../../domain/rights.ts";
import type { Refusal } from "../../errors.ts";
import { ASSERTION_LIFE_SECONDS, type AssertionClaims } from "../../origin/claims.ts";
import type { Signers } from "./signer.ts";

/** What an assertion is built from, besides the request as the origin will get it. */
export interface Asserting {
  readonly principal: Principal;
  /** The name of the origin. */
  readonly audience: string;
  /** Whether it holds the digest of the body. */
  readonly digest: boolean;
  readonly environment: Environment;
  readonly requestId: string;
}

/** The value of the header, or why there is none: then the request must not be forwarded. */
export type Assert = (outgoing: Request, asserting: Asserting) => Promise<string | Refusal>;

interface Surroundings {
  readonly signers: Signers;
  readonly now: () => number;
  readonly newId: () => string;
  readonly log: Log;
}

/** Above it, a body is streamed and its digest left out: it would have to be held in memory whole. */
const MAX_DIGEST_BYTES = 1024 * 1024;

export function createAssert({ signers, now, newId, log }: Surroundings): Assert {
  return async (outgoing, asserting) => {
    try {
      const signer = signers.get(asserting.environment.name);
      if (!signer) throw new Error(`there is no signing key for ${asserting.environment.name}`);
      const digest = asserting.digest ? await digestOf(outgoing).catch(() => null) : undefined;
      // The body did not come.
      if (digest === null) return { code: "request_broken_off" };
      return await signer.sign(await claimsOf(outgoing, asserting, Math.floor(now() / 1000), newId(), digest));
    } catch (error) {
      log(messageLine("error", (error as Error).message, { request_id: asserting.requestId }));
      return { code: "assertion_unavailable" };
    }
  };
}

async function claimsOf(
  outgoing: Request,
  { principal: { subject, organization, member, rights }, audience, environment, requestId }: Asserting,
  iat: number,
  jti: string,
  digest: string | undefined,
): Promise<AssertionClaims> {
  const { pathname, search } = new URL(outgoing.url);
  return {
    iss: environment.issuer,
    aud: audience,
    sub: subject,
    org: organization,
    reach: reachOf(rights),
    ...(rights.workspaces && { workspaces: [...rights.workspaces].sort() }),
    env: environment.name,
    ...(member && { member: member.id, role: member.role }),
    scope: scopeOf(rights),
    rid: requestId,
    jti,
    iat,
    exp: iat + ASSERTION_LIFE_SECONDS,
    htm: outgoing.method,
    htu: pathname,
    ...(search && { htq: await sha256(new TextEncoder().encode(search.slice(1))) }),
    ...(digest && { digest }),
  };
}

/** `undefined` for a body that is streamed, or too large to hold. */
async function digestOf(outgoing: Request): Promise<string | undefined> {
  if (!outgoing.body) return sha256(new Uint8Array());
  const length = outgoing.headers.get("content-length");
  if (length === null || Number(length) > MAX_DIGEST_BYTES) return undefined;
  return sha256(await outgoing.clone().arrayBuffer());
}

/** Computed once for each record, which is kept as long as its lease. */
function scopeOf(rights: Rights): string {
  const known = SCOPES.get(rights);
  if (known !== undefined) return known;
  const scope = [...rights.effective].sort().join(" ");
  SCOPES.set(rights, scope);
  return scope;
}

const SCOPES = new WeakMap<Rights, string>();

async function sha256(bytes: BufferSource): Promise<string> {
  return toBase64Url(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}
