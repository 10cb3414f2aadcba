/** What `gateway.config.ts` says. See docs/configuration.md. */

import type { Period } from "../domain/quota.ts";

export interface GatewayConfig<
  Environment extends string = string,
  Origin extends string = string,
  Resource extends string = string,
  Role extends string = string,
> {
  environments: Record<Environment, EnvironmentConfig>;
  /** Where the management API, the error pages and the console answer. A host of its own. */
  control: { baseUrls: string[] };
  /** Where requests go, for each environment. */
  origins: Record<Origin, Record<NoInfer<Environment>, OriginConfig>>;
  resources: Record<Resource, ResourceConfig>;
  /** Names that stand for many scopes. */
  bundles?: Record<string, BundleConfig>;
  /** The ceiling of a key that acts as a member of this role, and the keys that such a member manages. */
  roles?: Record<Role, RoleConfig>;
  keys?: KeysConfig;
  plans?: Record<string, PlanConfig>;
  leases?: LeasesConfig;
  routes: RouteConfig<NoInfer<Origin>, NoInfer<Resource> | ManagementResource>[];
}

export interface EnvironmentConfig {
  /** Scheme, host and optional path prefix. The longest match decides; the prefix is not forwarded. */
  baseUrls: string[];
  /** `iss` of the assertions that origins get. */
  issuer: string;
  /** What this environment's keys begin with, for example `kg_live`. */
  keyPrefix: string;
}

export type OriginConfig =
  /** `shared`: several environments mean to use this same origin. */
  | { url: string; shared?: boolean }
  /** The name of a `[[services]]` binding of wrangler.toml. */
  | { service: string; shared?: boolean };

export interface ResourceConfig {
  actions: string[];
  /** Left out of bundles that say `administrative: false`. */
  administrative?: boolean;
  /** `read`: keys that reach only workspaces may read this resource and no more. */
  workspaceKeys?: "all" | "read";
}

export interface BundleConfig {
  /** One action of every resource, or `*` for all of them. */
  every: string;
  administrative?: boolean;
  /** Whether the resources of the management API are covered too. Default: no. */
  management?: boolean;
}

export interface RoleConfig {
  scopes: string[];
  manages: Record<"organization" | "workspace", "all" | "own" | "none">;
}

export interface KeysConfig {
  /** `member`: a key can do no more than its member can now. `organization`: it stands for itself. Default: `member`. */
  actAs?: "member" | "organization";
  reaches?: ("organization" | "workspace")[];
  /** The most workspaces of one key. Default: 20. */
  maxWorkspaces?: number;
  /** The longest life of a key, and the default. Default: 365. */
  lifetimeDays?: number;
  /** Active keys of one organization, over all environments. Default: 200. */
  quotaPerOrganization?: number;
}

export interface LeasesConfig {
  /**
   * How long an isolate may decide about a key without asking, from 1 to 10. A revoked key is dead everywhere after this time
   * and half a second; the longer, the fewer questions. Default: 2.
   */
  ttlSeconds?: number;
}

export interface PlanConfig {
  /** Token buckets: `limit` per `window` seconds, `burst` at once (default: `limit`). */
  rates?: { name: string; limit: number; window: number; burst?: number }[];
  /** Calendar periods in UTC. */
  quotas?: { name: string; limit: number; per: Period }[];
}

export interface RouteConfig<Origin extends string = string, Resource extends string = string> {
  /** Default: every method. */
  methods?: string[];
  /** Literal segments, `:params`, and `*` as the last one. */
  path: string;
  origin: Origin;
  /** Anyone may call it; no credentials are read. */
  public?: boolean;
  resource?: Resource;
  /** Default: `read` for GET, HEAD and OPTIONS, `delete` for DELETE, `write` for any other. */
  action?: string;
  /** Where the request names the workspace that it is about. */
  workspace?: { param: string } | { header: string } | { query: string };
  cors?: CorsConfig;
  /**
   * What happens while the authority of a key cannot be reached. `closed`: 503. `open`: keys that were in use within the last five
   * minutes go on, under their limits counted in each isolate alone. Default: `closed`.
   */
  onAuthorityFailure?: "closed" | "open";
  /** Forward `Authorization` as the client sent it. Default: it stays here. */
  forwardCredentials?: boolean;
}

export interface CorsConfig {
  origins: "*" | string[];
  headers?: string[];
  exposeHeaders?: string[];
  /** Whether pages may send cookies along. */
  credentials?: boolean;
  maxAgeSeconds?: number;
}

/** Built in; they guard the management API. */
export const MANAGEMENT_RESOURCES = [
  "organizations",
  "workspaces",
  "members",
  "api_keys",
  "audit_events",
  "usage",
] as const;
export type ManagementResource = (typeof MANAGEMENT_RESOURCES)[number];

/** Types the file, so that an editor knows each name in it. It is checked when it is compiled. */
export function defineGateway<
  const Environment extends string,
  const Origin extends string,
  const Resource extends string,
  const Role extends string,
>(config: GatewayConfig<Environment, Origin, Resource, Role>): GatewayConfig {
  return config as unknown as GatewayConfig;
}
