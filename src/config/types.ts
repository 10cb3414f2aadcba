/** What `gateway.config.ts` says. See docs/configuration.md. */

import type { Period } from "../domain/quota.ts";
import type { OnRefusal, OnRequest, OnResponse } from "./hooks.ts";
import type { OriginConfig } from "./origin-types.ts";
import type { LeasesConfig, ManagementConfig, RetentionConfig } from "./running-types.ts";

export type { OriginConfig };

export interface GatewayConfig<
  Environment extends string = string,
  Origin extends string = string,
  Resource extends string = string,
  Role extends string = string,
> {
  environments: Record<Environment, EnvironmentConfig>;
  /** Where the management API, the error pages and the console answer. A host of its own. */
  control: ControlConfig;
  /** Where requests go, for each environment. */
  origins: Record<Origin, Record<NoInfer<Environment>, OriginConfig>>;
  resources: Record<Resource, ResourceConfig>;
  /** Names that stand for many scopes. */
  bundles?: Record<string, BundleConfig>;
  /** The ceiling of a key that acts as a member of this role, and the keys that such a member manages. */
  roles?: Record<Role, RoleConfig>;
  keys?: KeysConfig<NoInfer<Environment>>;
  plans?: Record<string, PlanConfig>;
  leases?: LeasesConfig;
  management?: ManagementConfig;
  retention?: RetentionConfig;
  routes: RouteConfig<NoInfer<Origin>, NoInfer<Resource> | ManagementResource>[];
  /** The gateway's own errors in the form of your API's. Default: problem documents, RFC 9457. */
  onRefusal?: OnRefusal;
}

export interface ControlConfig {
  baseUrls: string[];
  /** What API consumers have to know of changes to this file; the guide shows it, the latest first. */
  changelog?: { date: string; text: string }[];
}

export interface EnvironmentConfig {
  /** Scheme, host and optional path prefix. The longest match decides; the prefix is not forwarded. */
  baseUrls: string[];
  /** `iss` of the assertions that origins get. */
  issuer: string;
  /** What this environment's keys begin with, for example `kg_live`. */
  keyPrefix: string;
  /**
   * Whether this is the main environment. Its keys manage all that their scopes name; keys of the others manage keys of their own
   * environment alone, and cannot use up the quota. Say it of one. Default: the first.
   */
  main?: boolean | undefined;
  /** Only organizations on one of these plans may make keys here. Default: every organization that has the environment. */
  plans?: string[];
}

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

export interface KeysConfig<Environment extends string = string> {
  /** `member`: a key can do no more than its member can now. `organization`: it stands for itself. Default: `member`. */
  actAs?: "member" | "organization";
  reaches?: ("organization" | "workspace")[];
  /** The most workspaces of one key. Default: 20. */
  maxWorkspaces?: number;
  /** The longest life of a key, and the default. Default: 365. */
  lifetimeDays?: number;
  /** Active keys of one organization, over all environments. Default: 200. */
  quotaPerOrganization?: number;
  /** What else must be given when a key is created here. Default: nothing. */
  required?: ("description" | "expires_at" | "allowed_addresses")[];
  /** The forms of keys that were made elsewhere, and imported; they have no checksum of ours. */
  importedFormats?: ImportedFormatConfig<Environment>[];
}

export interface ImportedFormatConfig<Environment extends string = string> {
  /** A regular expression of the whole key: literals, classes, groups, alternatives and counts, for example `acme_[0-9a-f]{32}`. */
  pattern: string;
  environment: Environment;
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
  /** Put the SHA-256 of the body into the assertion, of bodies up to 1 MiB that are not streamed. Default: no. */
  digest?: boolean;
  /** How much of a request is taken. */
  limits?: InputLimitsConfig;
  /** How long the origin may take until its answer begins, once it has the whole request. Default: 30. */
  timeoutSeconds?: number;
  /** How long the body of a request may stand still. Default: 60, and short bodies of announced length are not watched. */
  requestIdleSeconds?: number;
  /** How long the body of an answer may stand still. Default: for ever, since watching it costs time. */
  responseIdleSeconds?: number;
  /** End open streams, uploads and WebSockets within 30 s of the revocation of their key. Default: true. */
  watchRevocation?: boolean;
  /** For this route alone; see the origin's. Default: as the origin says. */
  rewriteLocation?: boolean;
  /** Sees the request as the origin would get it, and may change it, or answer by itself. */
  onRequest?: OnRequest;
  /** Sees the origin's answer, and may change it. */
  onResponse?: OnResponse;
  /** For this route alone; see the gateway's. Default: as the gateway says. */
  onRefusal?: OnRefusal;
}

export interface InputLimitsConfig {
  /** Of the whole URL. Default: 16,384. */
  urlBytes?: number;
  /** Names and values of the header fields together. Default: 65,536. */
  headerBytes?: number;
  /** Default: 200. */
  headerCount?: number;
  /** Default: 104,857,600, the least that any plan of Workers takes. */
  bodyBytes?: number;
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
