/** What `gateway.config.ts` says of an origin in one environment. */

export type OriginConfig = (
  | { url: string }
  /** The name of a `[[services]]` binding of wrangler.toml. */
  | { service: string }
) & {
  /** Several environments mean to use this same origin. */
  shared?: boolean;
  /** Whether requests carry a signed assertion of who calls. Leave it on, except for services that are not yours. Default: true. */
  assertion?: boolean;
  /**
   * Turn its own addresses in `Location`, `Content-Location`, `Link` and `Refresh` into those at which the gateway serves the same.
   * Default: false, and `keygate check` reminds you of origins with a `url`.
   */
  rewriteLocation?: boolean;
  /**
   * Whether it puts `X-Forwarded-Prefix` before the paths of its own addresses, for `rewriteLocation`. Default: each address shows
   * it, by beginning with that prefix or not.
   */
  usesForwardedPrefix?: boolean;
  /**
   * Whether the origin takes `/Users` for another path than `/users`. Default: false, since many take them for one, Express
   * among them, and a rule for `/users` must then hold for both.
   */
  caseSensitive?: boolean;
  /** Whether the origin may take `/users.json` for `/users`, as Rails does. Default: true; say false if it never does. */
  formatSuffixes?: boolean;
  /**
   * Let Cloudflare cache this origin's answers on public routes, as their headers and the rules of your zone say. Default: false.
   * Answers to keys are never cached.
   */
  cachePublicRoutes?: boolean;
  /** What the origin gets with each request, for example a credential: a text, or the name of a Worker secret. */
  headers?: Record<string, string | { secret: string }>;
};
