/** The announced length of bodies. */

/** The runtime moves requests and answers that announce at most this, which is faster. The rest of one after a revocation is bounded. */
export const PASSES_BY_ITSELF_BYTES = 1024 * 1024;

/** Of a body; `undefined` if it was not announced. A WebSocket has none, and is more than its handshake. */
export function bytesOf(message: Request | Response): number | undefined {
  if (!message.body) return "webSocket" in message && message.webSocket ? undefined : 0;
  return announcedLength(message.headers);
}

/** A handler or a hook can set any text here. One that is not a whole number is ignored. https://www.rfc-editor.org/rfc/rfc9110#section-8.6 */
export function announcedLength(headers: Headers): number | undefined {
  const announced = headers.get("content-length");
  if (announced === null || !/^\d+$/.test(announced)) return undefined;
  const length = Number(announced);
  return Number.isSafeInteger(length) ? length : undefined;
}
