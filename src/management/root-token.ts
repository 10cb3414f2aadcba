/** Whether this is the root token; two are active while one is being replaced. The time it takes tells nothing of them. */
export async function isRootToken(token: string, rootTokens: string | undefined): Promise<boolean> {
  const active = (rootTokens ?? "")
    .split(",")
    .map((text) => text.trim())
    .filter((text) => text.length >= MIN_LENGTH);
  const matches = await Promise.all(active.map((candidate) => equal(candidate, token)));
  return matches.some(Boolean);
}

/** Shorter ones can be guessed. */
const MIN_LENGTH = 32;

async function equal(a: string, b: string): Promise<boolean> {
  const [first, second] = await Promise.all([digest(a), digest(b)]);
  return crypto.subtle.timingSafeEqual(first, second);
}

function digest(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
}
