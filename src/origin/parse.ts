/** An assertion taken apart, before anything in it is believed. */

import { base64url } from "jose";
import { ASSERTION_ALGORITHM, ASSERTION_LIFE_SECONDS, ASSERTION_TYPE, type AssertionClaims } from "./claims.ts";
import { AssertionError } from "./error.ts";

export interface Parsed {
  readonly token: string;
  readonly kid: string;
  readonly payload: Record<string, unknown>;
}

/** As much as the gateway takes of headers. */
const MAX_LENGTH = 64 * 1024;
const HEADER_PARAMETERS = new Set(["alg", "typ", "kid"]);

/** `value`: of the header, where several lines of it are joined by commas, as every server does. */
export function parseAssertion(value: string | null | undefined): Parsed {
  if (!value) throw new AssertionError("assertion_missing", "The request did not come through the gateway.");
  if (value.includes(",")) throw new AssertionError("assertion_repeated", "There is more than one assertion.");
  if (value.length > MAX_LENGTH) throw new AssertionError("assertion_too_long", "The assertion is too long.");
  const parts = value.split(".");
  const [header, payload] = [decodeObject(parts[0]), decodeObject(parts[1])];
  if (parts.length !== 3 || !header || !payload || !decode(parts[2])) {
    throw new AssertionError("assertion_malformed", "The assertion is not a compact JWS with a JSON object.");
  }
  return { token: value, kid: checkHeader(header), payload };
}

/** Types of all claims, and no more. */
export function readClaims(payload: Record<string, unknown>): AssertionClaims {
  const claims = payload as unknown as AssertionClaims;
  const { reach, workspaces, iat, exp } = claims;
  const texts = ["iss", "aud", "sub", "org", "env", "rid", "jti", "htm", "htu"] as const;
  const optional = ["member", "role", "htq", "digest"] as const;
  const isWell =
    texts.every((name) => isText(claims[name])) &&
    typeof claims.scope === "string" &&
    optional.every((name) => claims[name] === undefined || isText(claims[name])) &&
    (reach === "organization" ? workspaces === undefined : reach === "workspace" && isTexts(workspaces)) &&
    Number.isSafeInteger(iat) &&
    Number.isSafeInteger(exp) &&
    exp > iat &&
    exp - iat <= ASSERTION_LIFE_SECONDS;
  if (!isWell)
    throw new AssertionError("claims_malformed", "The assertion has a claim that is missing or has the wrong form.");
  return claims;
}

function checkHeader(header: Record<string, unknown>): string {
  const { alg, typ, kid } = header;
  if (alg !== ASSERTION_ALGORITHM) {
    throw new AssertionError("algorithm_forbidden", `Assertions are signed with ${ASSERTION_ALGORITHM}.`);
  }
  if (typ !== ASSERTION_TYPE) throw new AssertionError("type_wrong", `An assertion has the type ${ASSERTION_TYPE}.`);
  if (!Object.keys(header).every((name) => HEADER_PARAMETERS.has(name))) {
    throw new AssertionError("header_forbidden", "An assertion's header has alg, typ and kid, and nothing else.");
  }
  if (!isText(kid)) throw new AssertionError("key_unknown", "The assertion names no key.");
  return kid;
}

function decodeObject(part: string | undefined): Record<string, unknown> | undefined {
  const bytes = decode(part);
  if (!bytes) return undefined;
  try {
    const value = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Only the one spelling of these bytes is taken. */
function decode(part: string | undefined): Uint8Array | undefined {
  if (part === undefined || !/^[A-Za-z0-9_-]*$/.test(part)) return undefined;
  try {
    const bytes = base64url.decode(part);
    return base64url.encode(bytes) === part ? bytes : undefined;
  } catch {
    return undefined;
  }
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every(isText);
}
