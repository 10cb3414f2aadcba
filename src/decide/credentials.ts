/** The client's credential, if it can be a key. Decided without I/O; no part of a credential is ever echoed. */

import type { Gateway } from "../config/compile.ts";
import { MAX_SECRET_LENGTH, MIN_SECRET_LENGTH, prefixOfSecret } from "../domain/secret.ts";
import { percentDecoded, unicodeDecoded } from "../domain/spelling.ts";
import type { Refusal } from "../errors.ts";

export interface Credential {
  readonly secret: string;
  /** The environment that keys of this prefix, or of this imported format, belong to. */
  readonly environment: string;
}

/** `undefined` if there is none. */
export function readCredential(headers: Headers, gateway: Gateway): Credential | Refusal | undefined {
  const authorization = headers.get("authorization");
  if (authorization === null || authorization === "") return undefined;
  if (authorization.includes(",") && isBearerAmongOthers(authorization)) return { code: "credentials_repeated" };
  const token = readBearer(authorization);
  if ("problem" in token) return { code: "credentials_malformed", problem: token.problem };
  return readKey(token.secret, gateway);
}

/**
 * Two header lines arrive as one, joined by a comma. No Bearer token has a comma (RFC 6750 §2.1), but the parameters of other
 * schemes are separated by commas, and have them in quoted strings: https://www.rfc-editor.org/rfc/rfc9110#section-11.4
 */
function isBearerAmongOthers(authorization: string): boolean {
  const unquoted = authorization.replace(/"(?:[^"\\]|\\.)*"?/g, "");
  return unquoted.includes(",") && /(^|,)\s*bearer(?=[\s,]|$)/i.test(unquoted);
}

/** https://www.rfc-editor.org/rfc/rfc6750#section-2.1, with exactly one space; the scheme is case-insensitive (RFC 9110 §11.1). */
function readBearer(authorization: string): { secret: string } | { problem: string } {
  const scheme = /^[^ \t]*/.exec(authorization)?.[0] ?? "";
  if (scheme.toLowerCase() !== "bearer") return { problem: "it does not begin with the scheme Bearer" };
  const rest = authorization.slice(scheme.length);
  if (rest === "" || rest === " ") return { problem: "no key follows the scheme Bearer" };
  if (rest.startsWith("\t")) return { problem: "a tab stands between Bearer and the key, instead of a space" };
  if (/^ [ \t]/.test(rest)) return { problem: "more than one space stands between Bearer and the key" };
  const secret = rest.slice(1);
  if (/\s/.test(secret)) return { problem: "there is white space inside or after the key" };
  return { secret };
}

function readKey(secret: string, gateway: Gateway): Credential | Refusal {
  const malformed = (problem: string): Refusal => ({ code: "credentials_malformed", problem });
  if (secret.length > MAX_SECRET_LENGTH) return malformed("it is longer than any key");
  if (!/^[A-Za-z0-9_]+$/.test(secret)) return malformed("it has a character that no key has");
  const prefix = prefixOfSecret(secret);
  const environment = gateway.environmentOfPrefix.get(prefix ?? "") ?? environmentOfImported(secret, gateway);
  if (environment !== undefined) return { secret, environment };
  return malformed(
    prefix === undefined
      ? "its checksum is wrong, so it was mistyped or cut short"
      : "its prefix is of no environment of this gateway",
  );
}

/** Keys from another system have no checksum; their format determines their environment. */
function environmentOfImported(secret: string, { importedFormats }: Gateway): string | undefined {
  return importedFormats.find(({ matches }) => matches(secret))?.environment;
}

/**
 * Whatever has a key's form and checksum, anywhere in the URL and however often encoded: it has leaked already, whatever else the
 * request holds. The form of an imported key alone proves nothing.
 */
export function hasKeyInUrl({ href }: URL, { keyPattern }: Pick<Gateway, "keyPattern">): boolean {
  if (href.length < MIN_SECRET_LENGTH) return false;
  let text = href;
  for (let round = 0; round <= DECODING_ROUNDS; round++) {
    if (text.match(keyPattern)?.some((candidate) => prefixOfSecret(candidate) !== undefined)) return true;
    const decoded = unicodeDecoded(percentDecoded(text));
    if (decoded === text) return false;
    text = decoded;
  }
  return false;
}

const DECODING_ROUNDS = 3;
