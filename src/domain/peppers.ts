/** The text of KEYGATE_PEPPERS: `id:base64url` for each pepper, comma separated, at most two. */

export interface PepperPart {
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** `problem` is the rest of a sentence that starts with KEYGATE_PEPPERS. It never repeats the text. */
export function pepperParts(text: string): PepperPart[] | { problem: string } {
  const parts = text.split(",").map(partOf);
  const known = parts.filter((part) => part !== undefined);
  if (known.length < parts.length) {
    return { problem: "must be id:base64url (at least 24 bytes), or two of them, comma separated" };
  }
  if (known[0]?.id === known[1]?.id) return { problem: "has two peppers with the same id" };
  return known.length > 2 ? { problem: "has more than two peppers" } : known;
}

function partOf(text: string): PepperPart | undefined {
  const [, id, secret] = /^\s*([A-Za-z0-9_-]{1,32}):([A-Za-z0-9_-]{32,})\s*$/.exec(text) ?? [];
  // One character more than whole groups of four holds no byte.
  if (id === undefined || secret === undefined || secret.length % 4 === 1) return undefined;
  const base64 = secret.replaceAll("-", "+").replaceAll("_", "/");
  return { id, bytes: Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)) };
}
