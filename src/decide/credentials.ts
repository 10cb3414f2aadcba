/** The client's credential, if it can be a key. Decided without I/O; no part of a credential is ever echoed. */

import type { Gateway } from "../config/compile.ts";
import { MAX_SECRET_LENGTH, MIN_SECRET_LENGTH, prefixOfSecret } from "../domain/secret.ts";
import { percentDecoded, unicodeDecoded } from "../domain/spelling.ts";
import type { Refusal } from "../errors.ts";
import { readBearer } from "./bearer.ts";
import type { CalledUrl } from "./bounds.ts";

export interface Credential {
  readonly secret: string;
  /** The environment that keys of this prefix, or of this imported format, belong to. */
  readonly environment: string;
}

/** `undefined` if there is none. */
export function readCredential(headers: Headers, gateway: Gateway): Credential | Refusal | undefined {
  const token = readBearer(headers);
  return typeof token === "string" ? readKey(token, gateway) : token;
}

function readKey(secret: string, gateway: Gateway): Credential | Refusal {
  const malformed = (problem: string): Refusal => ({ code: "credentials_malformed", problem });
  if (secret.length > MAX_SECRET_LENGTH) return malformed("it is longer than any key");
  if (!/^[A-Za-z0-9_]+$/.test(secret)) return malformed("it contains a character that no key has");
  const prefix = prefixOfSecret(secret);
  const environment = gateway.environmentOfPrefix.get(prefix ?? "") ?? environmentOfImported(secret, gateway);
  if (environment !== undefined) return { secret, environment };
  return malformed(
    prefix === undefined
      ? "its checksum is wrong, so it was mistyped or cut short"
      : "its prefix belongs to no environment of this gateway",
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
export function hasKeyInUrl({ href }: CalledUrl, { keyPattern }: Pick<Gateway, "keyPattern">): boolean {
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
