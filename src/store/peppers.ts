/**
 * How secrets are stored: HMAC-SHA-256(pepper, SHA-256(secret)). A reader of D1 learns no secret. A writer cannot invent a
 * new one, but can point the hash of a known secret at another key: writing D1 is full control of the gateway.
 */

import { toBase64Url } from "../domain/base64url.ts";

export interface Pepper {
  readonly id: string;
  hash(secret: string): Promise<string>;
  /** For a secret of which only the SHA-256 is known. */
  hashDigest(sha256: BufferSource): Promise<string>;
}

/** `text`: `id:base64url` for each pepper, comma separated, at most two; the first is used for new secrets. Throws if it is malformed. */
export function parsePeppers(text: string | undefined): readonly [Pepper, ...Pepper[]] {
  const peppers = (text ?? "").split(",").map((part) => {
    const form = /^\s*([A-Za-z0-9_-]{1,32}):([A-Za-z0-9_-]{32,})\s*$/.exec(part);
    if (!form)
      throw new Error("KEYGATE_PEPPERS must be id:base64url (at least 24 bytes), or two of them, comma separated");
    return pepper(form[1] as string, fromBase64Url(form[2] as string));
  });
  if (peppers[0]?.id === peppers[1]?.id) throw new Error("KEYGATE_PEPPERS holds two peppers of one id");
  if (peppers.length > 2) throw new Error("KEYGATE_PEPPERS holds more than two peppers");
  return peppers as [Pepper, ...Pepper[]];
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

function fromBase64Url(text: string): Uint8Array {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
}
