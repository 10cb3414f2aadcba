/** The announced length of bodies. */

/** The runtime moves requests and answers that announce at most this, which is faster. The rest of one after a revocation is bounded. */
export const PASSES_BY_ITSELF_BYTES = 1024 * 1024;

export function announcedLength(headers: Headers): number | undefined {
  const announced = headers.get("content-length");
  return announced === null ? undefined : Number(announced);
}
