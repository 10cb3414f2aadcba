import type { AuthorityCalls, CourierCalls } from "./authority/calls.ts";

/** The bindings and secrets of wrangler.toml. Origins reached by service binding are looked up by name. */
export interface Env {
  readonly DB: D1Database;
  readonly KV: KVNamespace;
  readonly AUTHORITY: DurableObjectNamespace<AuthorityCalls>;
  readonly COURIER: DurableObjectNamespace<CourierCalls>;
  readonly LOOKUP_BUDGET: RateLimit;
  readonly ASSETS: Fetcher;
  /** Only with `logging.analyticsEngine`. */
  readonly ANALYTICS?: AnalyticsEngineDataset;
  /** `id:base64url`, comma separated; the first hashes new secrets. */
  readonly KEYGATE_PEPPERS: string;
  /** A JSON object: the keys that sign assertions, by environment. */
  readonly KEYGATE_SIGNING_KEYS: string;
  /** One token, or two while it is being replaced, comma separated. */
  readonly KEYGATE_ROOT_TOKEN: string;
  /** Likewise. Without it there are no metrics. */
  readonly KEYGATE_METRICS_TOKEN?: string;
}

export function serviceBinding(env: Env, name: string): Fetcher | undefined {
  return (env as unknown as Record<string, Fetcher | undefined>)[name];
}

/** A secret that the configuration names. */
export function secret(env: Env, name: string): unknown {
  return (env as unknown as Record<string, unknown>)[name];
}
