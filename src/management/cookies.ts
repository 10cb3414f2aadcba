/** Cookies of the console. No script reads them, and with this prefix no other host can have set them: https://www.rfc-editor.org/rfc/rfc6265bis */

const PREFIX = "__Host-keygate_";

/** As `Set-Cookie` says it. Without `maxAge`, in seconds, the cookie goes with the browser's own session. */
export function cookieLine(name: string, value: string, maxAge?: number): string {
  const life = maxAge === undefined ? "" : `Max-Age=${maxAge}; `;
  return `${PREFIX}${name}=${value}; ${life}Path=/; HttpOnly; Secure; SameSite=Lax`;
}

/** As it was set, unless the browser's user has changed it. */
export function cookieIn({ headers }: Request, name: string): string | undefined {
  const start = `${PREFIX}${name}=`;
  const pairs = (headers.get("cookie") ?? "").split(";").map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(start))?.slice(start.length);
}
