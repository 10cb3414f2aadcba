/** Tokens of sign-in links and sessions: `<prefix>_<32 random bytes>`. Only hashes are stored, which nobody can make without a pepper. */

import { toBase64Url } from "../../domain/base64url.ts";
import type { RandomBytes } from "../../domain/secret.ts";
import type { Control } from "../control.ts";

/** Links and sessions of members, links and sessions of the platform team. */
export type TokenPrefix = "kgl" | "kgs" | "kgq" | "kgo";

/** With the pepper that hashes new tokens, and with the one that is being replaced; the same twice if there is one pepper. */
export type TokenHashes = readonly [current: string, retiring: string];

export interface NewToken {
  /** Shown this once. */
  readonly token: string;
  /** What is stored of it. */
  readonly hash: string;
}

export async function newToken(
  prefix: TokenPrefix,
  { peppers, randomBytes }: { peppers: Control["peppers"]; randomBytes: RandomBytes },
): Promise<NewToken> {
  const token = `${prefix}_${toBase64Url(randomBytes(32))}`;
  return { token, hash: await peppers[0].hash(hashed(token)) };
}

/** `undefined` for what cannot be such a token, which then costs no look-up. */
export async function hashesOfToken(
  { peppers: [current, retiring = current] }: Pick<Control, "peppers">,
  prefix: TokenPrefix,
  token: string,
): Promise<TokenHashes | undefined> {
  if (!token.startsWith(`${prefix}_`) || !/^[A-Za-z0-9_-]{47}$/.test(token)) return undefined;
  return [await current.hash(hashed(token)), await retiring.hash(hashed(token))];
}

/** No API key has a space in it, so no stored hash of a key can pass for one of a token. */
const hashed = (token: string) => `token ${token}`;
