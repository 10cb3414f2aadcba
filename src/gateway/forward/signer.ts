/** What signs assertions: imported once for each isolate, and never shown. */

import { toBase64Url } from "../../domain/base64url.ts";
import { type Log, messageLine } from "../../domain/log-line.ts";
import { parseSigningKeys, publicJwk, type SigningKey } from "../../domain/signing-keys.ts";
import { ASSERTION_ALGORITHM, ASSERTION_TYPE, type AssertionClaims } from "../../origin/claims.ts";

export interface Signer {
  /** A compact JWS. Rejects if the key cannot be used. */
  sign(claims: AssertionClaims): Promise<string>;
  /** The public keys of the environment, as JSON. */
  readonly jwks: string;
}

/** By environment. */
export type Signers = ReadonlyMap<string, Signer>;

/** If the secret cannot be used, there are none, and a line in the log says so. Then every request that needs an assertion is refused. */
export function signersFrom(secret: string | undefined, log: Log): Signers {
  try {
    if (!secret) throw new Error("KEYGATE_SIGNING_KEYS is missing; create it with `keygate signing-keys init`");
    return new Map(Object.entries(parseSigningKeys(secret)).map(([name, keys]) => [name, signerOf(keys)]));
  } catch (error) {
    log(messageLine("error", (error as Error).message));
    return new Map();
  }
}

const ECDSA = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const encoder = new TextEncoder();

function signerOf(keys: readonly SigningKey[]): Signer {
  const active = keys.find(({ state }) => state === "active") as SigningKey;
  const header = { alg: ASSERTION_ALGORITHM, typ: ASSERTION_TYPE, kid: active.kid };
  const encodedHeader = encode(header);
  let imported: Promise<CryptoKey> | undefined;
  return {
    jwks: JSON.stringify({ keys: keys.map(publicJwk) }),
    async sign(claims) {
      imported ??= importKey(active);
      const input = `${encodedHeader}.${encode(claims)}`;
      // https://www.rfc-editor.org/rfc/rfc7518#section-3.4: r and s side by side, which is WebCrypto's form too.
      const signature = await crypto.subtle.sign(ECDSA, await imported, encoder.encode(input));
      return `${input}.${toBase64Url(new Uint8Array(signature))}`;
    },
  };
}

function importKey({ kty, crv, x, y, d }: SigningKey): Promise<CryptoKey> {
  return crypto.subtle.importKey("jwk", { kty, crv, x, y, d }, ECDSA, false, ["sign"]);
}

function encode(value: object): string {
  return toBase64Url(encoder.encode(JSON.stringify(value)));
}
