/** Secrets that must be found nowhere, in whatever form. */

import { createHash } from "node:crypto";

export interface Canary {
  readonly what: string;
  readonly forms: readonly string[];
}

/** As much of its random part as nobody may see: later, people are shown the last four characters. */
const MARK_LENGTH = 30;

/** A secret with a prefix, such as a key or a token. */
export function canary(what: string, secret: string): Canary {
  const random = secret.replace(/^(kg_live|kg_test|kgl|kgs|kgq|kgo|kgr|kgm|old)_/, "");
  return { what, forms: formsOf(Buffer.from(random.slice(0, MARK_LENGTH))) };
}

/** The hash of a key by which others could look for it, without the pepper. */
export function hashCanary(what: string, secret: string): Canary {
  const hash = createHash("sha256").update(secret).digest();
  return { what: `the bare hash of ${what}`, forms: formsOf(hash) };
}

/** Random bytes in base64url: what is secret are the bytes. */
export function bytesCanary(what: string, base64url: string): Canary {
  return { what, forms: [...formsOf(Buffer.from(base64url)), ...formsOf(Buffer.from(base64url, "base64url"))] };
}

export function found(canaries: readonly Canary[], text: string): string[] {
  return canaries.filter(({ forms }) => forms.some((form) => text.includes(form))).map(({ what }) => what);
}

function formsOf(bytes: Buffer): string[] {
  const hex = bytes.toString("hex");
  const escaped = hex.replace(/../g, "%$&");
  const wide = Buffer.from(bytes.toString("latin1"), "utf16le").toString("latin1");
  const encoded = [0, 1, 2].map((shift) => base64Inside(bytes, shift));
  const encodedForUrls = encoded.map((text) => text.replaceAll("+", "-").replaceAll("/", "_"));
  const both = [hex, escaped].flatMap((text) => [text, text.toUpperCase()]);
  const url = encodeURIComponent(bytes.toString("latin1"));
  return [bytes.toString("latin1"), url, wide, ...both, ...encoded, ...encodedForUrls];
}

/** The digits that are the bytes' alone, where they begin `shift` bytes into a group of three. */
function base64Inside(bytes: Buffer, shift: number): string {
  const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64");
  return text.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + bytes.length) * 8) / 6));
}
