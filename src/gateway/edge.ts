/**
 * What only Cloudflare's edge, or the dev server in its place, knows about a request. Without them, nothing is known.
 * https://developers.cloudflare.com/workers/runtime-apis/request/#incomingrequestcfproperties
 */

import { isAddress } from "../domain/address.ts";

type OfEdge = Pick<Request, "cf">;

/** The edge replaces `Accept-Encoding` by codings that it can undo itself. The dev server does not always undo them. */
export function restoreAcceptEncoding(headers: Headers, { cf }: OfEdge): void {
  const accepted = cf?.clientAcceptEncoding;
  if (accepted === "") headers.delete("Accept-Encoding");
  else if (typeof accepted === "string") headers.set("Accept-Encoding", accepted);
}

/** As `Via` has it, such as `1.1` or `2`. https://www.rfc-editor.org/rfc/rfc9110#section-7.6.3 */
export function receivedProtocol({ cf }: OfEdge): string {
  const protocol = cf?.httpProtocol;
  return (typeof protocol === "string" && /^HTTP\/(\d(?:\.\d)?)$/.exec(protocol)?.[1]) || "1.1";
}

/** The address of the client, which the edge sets. Empty if it is missing or not an address, for example on your own server. */
export function clientOf(request: Request): string {
  const address = request.headers.get("cf-connecting-ip");
  return address !== null && isAddress(address) ? address : "";
}
