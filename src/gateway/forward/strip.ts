/** Removes headers that a client must not be able to send to an origin, or an origin to a client. Once, before our own are added. */

import { isForgeable } from "../../domain/header-names.ts";

/** Removes them from `headers`, which are those of the request that will be forwarded, and have these names. */
export function strip(headers: Headers, names: readonly string[]): void {
  const named = names.includes("connection") ? namedByConnection(headers.get("connection")) : NONE;
  for (const name of names) {
    if (isForgeable(name) || named.has(name)) headers.delete(name);
  }
}

/** Response headers that an origin must not set: they are for this hop only, or the gateway sets them. */
export function stripResponse(headers: Headers, handlesCors = false): void {
  const unsafe: string[] = [];
  headers.forEach((value, name) => {
    if (isUnsafe(name, handlesCors)) unsafe.push(name);
    else if (name === "connection") unsafe.push(...namedByConnection(value));
  });
  for (const name of unsafe) headers.delete(name);
}

/** Whether an origin sets a header that only the gateway can set. */
export function setsReserved(headers: Headers, handlesCors: boolean): boolean {
  return [...headers.keys()].some((name) => isUnsafe(name, handlesCors));
}

function isUnsafe(name: string, handlesCors: boolean): boolean {
  return (
    name.startsWith("keygate-") ||
    name.startsWith("ratelimit") ||
    name.startsWith("proxy-") ||
    (handlesCors && name.startsWith("access-control-"))
  );
}

const NONE: ReadonlySet<string> = new Set();

/** https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1: what Connection names is for this hop only. WebSocket needs its upgrade. */
function namedByConnection(value: string | null): ReadonlySet<string> {
  // Most say keep-alive or close, which names no header.
  if (value === null || /^(keep-alive|close)$/i.test(value)) return NONE;
  const names = value
    .toLowerCase()
    .split(",")
    .map((name) => name.trim());
  return new Set(names.filter((name) => /^[\w!#$%&'*+.^`|~-]+$/.test(name) && name !== "upgrade"));
}
