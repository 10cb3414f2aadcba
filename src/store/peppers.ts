/**
 * How secrets are stored: HMAC-SHA-256(pepper, SHA-256(secret)). A reader of D1 learns no secret. A writer cannot invent a
 * new one, but can point the hash of a known secret at another key: writing D1 is full control of the gateway.
 */

import { toBase64Url } from "../domain/base64url.ts";
import { pepperParts } from "../domain/peppers.ts";

export interface Pepper {
  readonly id: string;
  hash(secret: string): Promise<string>;
  /** For a secret of which only the SHA-256 is known. */
  hashDigest(sha256: BufferSource): Promise<string>;
}

/** The first is used for new secrets. Throws if the text is malformed. */
export function parsePeppers(text: string | undefined): readonly [Pepper, ...Pepper[]] {
  const parts = pepperParts(text ?? "");
  if ("problem" in parts) throw new Error(`KEYGATE_PEPPERS ${parts.problem}`);
  return parts.map(({ id, bytes }) => pepper(id, bytes)) as [Pepper, ...Pepper[]];
}

function pepper(id: string, bytes: Uint8Array): Pepper {
  const key = crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const hashDigest = async (sha256: BufferSource) =>
    toBase64Url(new Uint8Array(await crypto.subtle.sign("HMAC", await key, sha256)));
  return {
    id,
    hashDigest,
    hash: async (secret) => hashDigest(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret))),
  };
}
