/**
 * WebSockets. The runtime turns every request with `Upgrade: websocket` into a GET without a body. So a request can have this header
 * only if it is a GET, and a proper handshake. Any other upgrade is ignored: https://www.rfc-editor.org/rfc/rfc9110#section-7.8
 */

import type { Refusal } from "../errors.ts";

/** https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1: 16 bytes. */
const KEY = /^[A-Za-z0-9+/]{22}==$/;
const VERSION = "13";

type RequestParts = Pick<Request, "method" | "headers"> & Partial<Pick<Request, "body" | "cf">>;

/** Why a request that asks for a WebSocket cannot have one; `undefined` for those that ask for none. */
export function handshakeRefusal(request: RequestParts): Refusal | undefined {
  if (!asksForWebSocket(request)) return undefined;
  const problem = problemOf(request);
  return problem === undefined ? undefined : { code: "websocket_handshake_invalid", problem };
}

function problemOf(request: RequestParts): string | undefined {
  const { method, headers, cf } = request;
  if (method !== "GET") return "its method is not GET";
  if (cf?.httpProtocol === "HTTP/1.0") return "it came over HTTP/1.0";
  if (hasBody(request)) return "it has a body";
  if (headers.get("sec-websocket-version") !== VERSION) return `its Sec-WebSocket-Version is not ${VERSION}`;
  if (!KEY.test(headers.get("sec-websocket-key") ?? "")) return "its Sec-WebSocket-Key is not 16 bytes in base64";
  return undefined;
}

/** Nothing but a proper handshake of the client's keeps its `Upgrade`. A hook can neither begin one nor change its method. */
export function dropOtherUpgrades(outgoing: Request, incoming: Request): void {
  const isHandshake = asksForWebSocket(incoming) && outgoing.method === "GET" && !hasBody(outgoing);
  if (!isHandshake || !asksForWebSocket(outgoing)) outgoing.headers.delete("upgrade");
}

/**
 * An unrequested 101, or a handshake that the origin did not complete: for the latter the runtime creates a 502, the only answer
 * without any header.
 */
export function isBrokenUpgrade(answer: Response, outgoing: Request): boolean {
  const { status } = answer;
  if (status < 200) return !answer.webSocket;
  return status === 502 && asksForWebSocket(outgoing) && answer.headers.keys().next().done === true;
}

/** The runtime gives one of no bytes a body too. */
function hasBody({ headers, body }: RequestParts): boolean {
  const length = headers.get("content-length");
  return length === null ? body != null || headers.has("transfer-encoding") : Number(length) > 0;
}

function asksForWebSocket({ headers }: Pick<Request, "headers">): boolean {
  return headers.get("upgrade")?.toLowerCase() === "websocket";
}
