/** Names of request headers that a client must not be able to set for an origin. */

import { isBelieved } from "./believed-headers.ts";

/** https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1, and what clients still send. */
const HOP_BY_HOP = ["connection", "keep-alive", "te", "trailer", "transfer-encoding", "http2-settings"];

/** For this hop only, or set by the gateway. Some origins use `Proxy` as the address of an outgoing proxy: https://httpoxy.org */
const OURS = new Set([...HOP_BY_HOP, "expect", "proxy", "forwarded", "x-forwarded", "x-request-id"]);
const OUR_PREFIXES = ["keygate-", "x-keygate-", "proxy-", "x-forwarded-"];

/** The edge or the runtime overwrites these, but only under the exact name. */
const OF_THE_EDGE = /^(cf-(?!access-authenticated-).+|content-length)$/;

/** Origins often read `X_Name` or `X.Name` as `X-Name`, so all these spellings are one name here. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "-");
}

/** Only the gateway can set this: neither a client nor the configuration of an origin can. */
export function isReserved(name: string): boolean {
  const plain = beginningOf(name);
  return OURS.has(plain) || OUR_PREFIXES.some((prefix) => plain.startsWith(prefix));
}

/** Whether it is removed from requests of clients. */
export function isForgeable(name: string): boolean {
  const known = KNOWN.get(name);
  if (known !== undefined) return known;
  const forgeable = isReserved(name) || isForged(name.toLowerCase());
  if (KNOWN.size < MAX_KNOWN && name.length < MAX_LENGTH) KNOWN.set(name, forgeable);
  return forgeable;
}

function isForged(name: string): boolean {
  const plain = beginningOf(name);
  return OF_THE_EDGE.test(plain) ? plain !== name : isBelieved(plain);
}

/** All of it, but of names of many KB, which no server knows. */
function beginningOf(name: string): string {
  return plainName(name.slice(0, MAX_LENGTH));
}

/** Nearly all requests have the same few names. */
const KNOWN = new Map<string, boolean>();
const MAX_KNOWN = 2_000;
const MAX_LENGTH = 100;
