/** Which addresses wrangler.toml routes to this Worker. */

/** https://developers.cloudflare.com/workers/configuration/routing/routes/#matching-behavior */
export function isRoutedTo({ pattern, isDomain }: RoutePattern, address: string): boolean {
  const [host = ""] = address.split("/");
  if (isDomain) return pattern === host;
  const [patternHost = ""] = pattern.split("/");
  const matches = (glob: string, text: string) =>
    new RegExp(`^${glob.split("*").map(RegExp.escape).join(".*")}$`).test(text);
  return address === host ? matches(patternHost, host) : matches(pattern, address);
}

export interface RoutePattern {
  readonly pattern: string;
  /** The whole host. */
  readonly isDomain: boolean;
}

export function routePatterns(wrangler: unknown): RoutePattern[] {
  const { route, routes } = (wrangler ?? {}) as { route?: unknown; routes?: unknown };
  return [route, ...(Array.isArray(routes) ? routes : [])].flatMap((each) => {
    const { pattern, custom_domain } =
      typeof each === "string" ? { pattern: each, custom_domain: false } : (each ?? {});
    if (typeof pattern !== "string") return [];
    return { pattern: pattern.replace(/^https?:\/\//, ""), isDomain: custom_domain === true };
  });
}
