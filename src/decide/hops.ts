/** How far a client wants its OPTIONS to go: https://www.rfc-editor.org/rfc/rfc9110#section-7.6.2. TRACE is never forwarded. */

const MAX_HOPS = 2 ** 31 - 1;

/** How often it can still be forwarded; `undefined` if that has no limit. `names`: of its headers. */
export function hopsLeft(
  { method, headers }: Pick<Request, "method" | "headers">,
  names: readonly string[],
): number | undefined {
  if (!names.includes("max-forwards") || method !== "OPTIONS") return undefined;
  const hops = headers.get("max-forwards") ?? "";
  return /^\d+$/.test(hops) ? Math.min(Number(hops), MAX_HOPS) : undefined;
}
