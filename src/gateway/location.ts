/** `Location`, for routes that ask for it: what points below the origin's own base is pointed below the base URL that was called. */

import type { DataPlace } from "./environment.ts";

/** `origin`: the base at which the origin was called, without a slash at its end. */
export function rewriteLocation(location: string, origin: string, called: URL, { baseUrl }: DataPlace): string {
  const { origin: host, pathname: base } = new URL(origin);
  const isAbsolute = location.startsWith(`${host}/`) || location === host;
  // Neither `//elsewhere.example` nor `relative`: only what begins at the host's root.
  const isRooted = /^\/(?![/\\])/.test(location);
  if (!isAbsolute && !isRooted) return location;
  const path = isAbsolute ? location.slice(host.length) || "/" : location;
  const prefix = base === "/" ? "" : base;
  const below = path.slice(prefix.length);
  if (!path.startsWith(prefix) || !/^([/?#]|$)/.test(below)) return location;
  return `${isAbsolute ? called.origin : ""}${baseUrl.prefix}${below}` || "/";
}
