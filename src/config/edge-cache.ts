/** Mistakes about Cloudflare's caches: public routes can use the one behind the gateway; nothing can use the one in front of it. */

import { type ConfigProblem, problemAt } from "./problems.ts";
import type { Config } from "./schema.ts";

export function problemsOfPublicCaching({ origins, routes }: Config): ConfigProblem[] {
  return Object.entries(origins).flatMap(([name, byEnvironment]) =>
    Object.entries(byEnvironment).flatMap(([environment, origin]) => {
      if (!origin.cachePublicRoutes) return [];
      const told = (problem: string, remedy: string) =>
        problemAt(["origins", name, environment, "cachePublicRoutes"], problem, remedy);
      if (!("url" in origin)) {
        return told(
          "has no effect on a service or a handler, because there is no cache in front of it",
          "Leave it out.",
        );
      }
      if (origin.shared) {
        return told(
          "would give answers of one environment to another, because this origin is shared",
          "Give each environment its own origin, or leave it out.",
        );
      }
      if (routes.some((route) => route.origin === name && route.public)) return [];
      return told(
        "has no effect, because this origin has no public route",
        "Leave it out: answers to keys are never cached.",
      );
    }),
  );
}

/** https://developers.cloudflare.com/workers/cache/configuration/ */
export function problemsOfCacheBefore(wrangler: unknown): ConfigProblem[] {
  const { env } = (wrangler ?? {}) as { env?: Record<string, unknown> };
  return [wrangler, ...Object.values(env ?? {})].filter(hasCache).map(() => ({
    path: "wrangler.toml",
    problem: "lets Cloudflare answer from a cache before the gateway runs (cache.enabled)",
    remedy: "Remove it: that cache ignores hosts and keys, and would give the answers to one key to anyone.",
  }));
}

interface Cached {
  readonly cache?: { readonly enabled?: unknown };
}

function hasCache(settings: unknown): boolean {
  const { exports } = (settings ?? {}) as { exports?: Record<string, Cached> };
  return [settings as Cached, ...Object.values(exports ?? {})].some(
    (place) => place?.cache !== undefined && place.cache.enabled !== false,
  );
}
