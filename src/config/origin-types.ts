/** An origin in one environment, in `gateway.config.ts`. */

export type OriginConfig = OriginPlace & OriginOptions;

/** An origin in every environment: a function of the gateway's own Worker. */
export type HandlerConfig = HandlerPlace & Omit<OriginOptions, "shared">;

interface HandlerPlace {
  /** Its name among the `handlers` of `createGateway`. */
  handler: string;
}

type OriginPlace =
  | {
      url: string;
      /** Use an origin with http:// that is not on this machine, although its requests are not encrypted. Default: false. */
      plainHttp?: boolean;
    }
  /** The name of a `[[services]]` binding of wrangler.toml. */
  | { service: string }
  | HandlerPlace;

interface OriginOptions {
  /** Several environments share this origin on purpose. */
  shared?: boolean;
  /** Whether requests have a signed assertion of who calls. Set it to false only for services that are not yours. Default: true. */
  assertion?: boolean;
  /**
   * Change the origin's addresses in `Location`, `Content-Location`, `Link` and `Refresh` to the gateway's addresses of the same pages.
   * Default: false, and `keygate check` reminds you of origins with a `url`.
   */
  rewriteLocation?: boolean;
  /**
   * For `rewriteLocation`: whether the origin puts `X-Forwarded-Prefix` before the paths in its addresses. Default: decided for
   * each address, by whether it begins with that prefix.
   */
  usesForwardedPrefix?: boolean;
  /**
   * Whether `/Users` and `/users` are two paths for the origin. Default: false, because for many servers, such as Express, they are
   * one path, and a route for `/users` must then hold for both.
   */
  caseSensitive?: boolean;
  /** Whether the origin can read `/users.json` as `/users`, as Rails does. Default: true; set it to false if it never does. */
  formatSuffixes?: boolean;
  /**
   * Let Cloudflare cache this origin's answers on public routes, by their headers and the rules of your zone. Default: false.
   * Answers to keys are never cached.
   */
  cachePublicRoutes?: boolean;
  /** Headers that the origin gets with each request, for example a credential: a string, or the name of a Worker secret. */
  headers?: Record<string, string | { secret: string }>;
}

/** The origins of each environment by themselves. */
export function inEveryEnvironment(
  origins: Readonly<Record<string, Record<string, OriginConfig> | HandlerConfig>>,
  environments: readonly string[],
): Record<string, Record<string, OriginConfig>> {
  const entries = Object.entries(origins).map(([name, origin]): [string, Record<string, OriginConfig>] => {
    if (!isHandler(origin)) return [name, origin];
    return [name, Object.fromEntries(environments.map((environment) => [environment, { ...origin, shared: true }]))];
  });
  return Object.fromEntries(entries);
}

function isHandler(origin: Record<string, OriginConfig> | HandlerConfig): origin is HandlerConfig {
  // A mistake in it is for the check to name.
  return typeof origin?.handler === "string";
}
