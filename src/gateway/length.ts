/** The announced length of bodies. */

/** Requests and answers that announce at most this pass by themselves, which is faster. What remains of one after a revocation is bounded. */
export const PASSES_BY_ITSELF_BYTES = 1024 * 1024;

export function announcedLength(headers: Headers): number | undefined {
  const announced = headers.get("content-length");
  return announced === null ? undefined : Number(announced);
}
