/** Step 7: what a client must not be able to say to an origin, and an origin not to a client. Once, before anything of ours is added. */

import { isReserved } from "../domain/header-names.ts";

/** Removes them from `headers`, which are those of the request that will be forwarded. */
export function strip(headers: Headers): void {
  const named = namedByConnection(headers.get("connection"));
  for (const name of [...headers.keys()]) {
    if (isReserved(name) || named.has(name)) headers.delete(name);
  }
}

/** What a response of an origin must not say: it is between us and the origin, or ours to say. */
export function stripResponse(headers: Headers): void {
  for (const name of [...headers.keys()]) {
    if (name.startsWith("keygate-") || name.startsWith("ratelimit") || name === "proxy-authenticate")
      headers.delete(name);
  }
}

/** https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1: what Connection names is for this hop only. WebSocket needs its upgrade. */
function namedByConnection(value: string | null): Set<string> {
  const names = (value ?? "")
    .toLowerCase()
    .split(",")
    .map((name) => name.trim());
  return new Set(names.filter((name) => name !== "" && name !== "upgrade"));
}
