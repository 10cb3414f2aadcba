/** Tokens of sign-in links and sessions: `<prefix>_<32 random bytes>`. They are stored as SHA-256, for nobody can guess 256 bits. */

import { toBase64Url } from "../domain/base64url.ts";
import type { RandomBytes } from "../domain/secret.ts";

/** Links and sessions of members, links and sessions of the platform team. */
export type TokenPrefix = "kgl" | "kgs" | "kgq" | "kgo";

export function newToken(prefix: TokenPrefix, randomBytes: RandomBytes): string {
  return `${prefix}_${toBase64Url(randomBytes(32))}`;
}

/** `undefined` for what cannot be such a token, which then costs no look-up. */
export async function hashOfToken(prefix: TokenPrefix, token: string): Promise<string | undefined> {
  if (!token.startsWith(`${prefix}_`) || !/^[A-Za-z0-9_-]{47}$/.test(token)) return undefined;
  return toBase64Url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token))));
}
