/**
 * What only Cloudflare's edge, or the dev server in its place, can tell of a request. Where neither stands in front, nothing is
 * told. https://developers.cloudflare.com/workers/runtime-apis/request/#incomingrequestcfproperties
 */

import { isAddress } from "../domain/address.ts";

type Told = Pick<Request, "cf">;

/** The edge replaces `Accept-Encoding` by codings that it can undo itself. The dev server does not always undo them. */
export function restoreAcceptEncoding(headers: Headers, { cf }: Told): void {
  const accepted = cf?.clientAcceptEncoding;
  if (accepted === "") headers.delete("Accept-Encoding");
  else if (typeof accepted === "string") headers.set("Accept-Encoding", accepted);
}

/** As `Via` has it, such as `1.1` or `2`. https://www.rfc-editor.org/rfc/rfc9110#section-7.6.3 */
export function receivedProtocol({ cf }: Told): string {
  const protocol = cf?.httpProtocol;
  return (typeof protocol === "string" && /^HTTP\/(\d(?:\.\d)?)$/.exec(protocol)?.[1]) || "1.1";
}

/** The address of the client, which the edge sets; empty if there is none, or something else, as on a server of one's own. */
export function clientOf(request: Request): string {
  const told = request.headers.get("cf-connecting-ip");
  return told !== null && isAddress(told) ? told : "";
}
