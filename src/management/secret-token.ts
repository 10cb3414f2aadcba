/** Tokens that are secrets of the Worker. Two are active while one is being replaced, separated by a comma. */

/** Shorter ones can be guessed. */
const MIN_LENGTH = 32;

export function bearerOf({ headers }: Pick<Request, "headers">): string | undefined {
  return /^bearer (\S+)$/i.exec(headers.get("authorization") ?? "")?.[1];
}

export function activeTokens(secret: string | undefined): readonly string[] {
  return (secret ?? "")
    .split(",")
    .map((text) => text.trim())
    .filter((text) => text.length >= MIN_LENGTH);
}

/** Whether this is one of the secret's tokens. The time it takes tells nothing of them. */
export async function isTokenOf(secret: string | undefined, token: string): Promise<boolean> {
  const matches = await Promise.all(activeTokens(secret).map((candidate) => equal(candidate, token)));
  return matches.some(Boolean);
}

async function equal(a: string, b: string): Promise<boolean> {
  const [first, second] = await Promise.all([digest(a), digest(b)]);
  return crypto.subtle.timingSafeEqual(first, second);
}

function digest(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
}
