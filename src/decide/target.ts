/** The URL of the request to an origin. */

import type { Route } from "../config/route-table.ts";
import type { DataPlace } from "./environment.ts";

/** Concatenated, never resolved: a path such as `//evil.example` stays a path. */
export function targetOf(
  url: URL,
  { route, place }: { readonly route: Route; readonly place: DataPlace },
  environment: string,
): string {
  return `${baseOf(url, route, environment)}${place.path}${queryOf(url)}`;
}

/** With its question mark, which may also stand alone. */
export function queryOf({ search, href }: URL): string {
  return search || (href.endsWith("?") ? "?" : "");
}

/** Without a slash at its end. A service has no address: it is called at the client's URL. */
export function baseOf(url: URL, { origins }: Route, environment: string): string {
  const origin = origins[environment];
  return origin && "url" in origin ? origin.url : url.origin;
}
