/** The URL of the request to an origin. */

import type { OriginSettings } from "../config/schema.ts";
import type { CalledUrl } from "./bounds.ts";

/** Concatenated, never resolved: a path such as `//evil.example` stays a path. `path`: below the base URL that was called. */
export function targetOf(base: string, path: string, called: CalledUrl): string {
  return `${base}${path}${queryOf(called)}`;
}

/** With its question mark, which may also stand alone. */
export function queryOf({ search, href }: CalledUrl): string {
  return search || (href.endsWith("?") ? "?" : "");
}

/** Without a slash at its end. `undefined` for a service, which has no address: it is called at the client's URL. */
export function baseOf(settings: OriginSettings): string | undefined {
  return "url" in settings ? settings.url : undefined;
}
