/** CORS rules, of one route or of all together, in the form that answers are made from. */

import type { CorsSettings } from "./schema.ts";

export interface Cors {
  readonly isForEveryPage: boolean;
  /** The pages that are listed, by their origin, and whether they can send cookies. */
  readonly pages: ReadonlyMap<string, { readonly credentials: boolean }>;
  readonly allowHeaders: string;
  readonly exposeHeaders: string;
  readonly maxAge: string;
}

const ALWAYS_ALLOWED = ["Authorization", "Content-Type"];
const ALWAYS_EXPOSED = ["X-Request-Id", "RateLimit", "RateLimit-Policy", "Retry-After", "Keygate-Key-Expires"];

export function compileCors(settings: CorsSettings): Cors {
  return joined([settings], settings.maxAgeSeconds);
}

/**
 * For the gateway's own answers that belong to no route: each page that some route allows. Browsers keep
 * nothing of them, since what they keep for one method of a URL counts for others.
 */
export function compileCorsOfAll(routes: readonly { cors?: CorsSettings | undefined }[]): Cors | undefined {
  const all = routes.flatMap(({ cors }) => cors ?? []);
  return all.length > 0 ? joined(all, 0) : undefined;
}

function joined(all: readonly CorsSettings[], maxAgeSeconds: number): Cors {
  const pages = new Map<string, { credentials: boolean }>();
  for (const { origins, credentials } of all) {
    if (origins === "*") continue;
    for (const page of origins) pages.set(page, { credentials: credentials || pages.get(page)?.credentials === true });
  }
  return {
    isForEveryPage: all.some(({ origins }) => origins === "*"),
    pages,
    allowHeaders: list([...ALWAYS_ALLOWED, ...all.flatMap(({ headers }) => headers)]),
    exposeHeaders: list([...ALWAYS_EXPOSED, ...all.flatMap(({ exposeHeaders }) => exposeHeaders)]),
    maxAge: String(maxAgeSeconds),
  };
}

function list(names: readonly string[]): string {
  return [...new Set(names)].join(", ");
}
