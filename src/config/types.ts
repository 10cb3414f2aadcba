/** The contents of `gateway.config.ts`. See docs/configuration.md. */

import type { Jurisdiction } from "../domain/location.ts";
import type { Period } from "../domain/quota.ts";
import type { OnRefusal, OnRequest, OnResponse } from "./hooks.ts";
import { type HandlerConfig, inEveryEnvironment, type OriginConfig } from "./origin-types.ts";
import type {
  LeasesConfig,
  LoggingConfig,
  ManagementConfig,
  RequestLogConfig,
  RetentionConfig,
} from "./running-types.ts";

export type { HandlerConfig, OriginConfig };

export interface GatewayConfig<
  Environment extends string = string,
  Origin extends string = string,
  Resource extends string = string,
  Role extends string = string,
> {
  environments: Record<Environment, EnvironmentConfig>;
  /** The management API, the error pages and the console. On a separate host. */
  control: ControlConfig;
  /** Where requests go, for each environment. */
  origins: Record<Origin, Record<NoInfer<Environment>, OriginConfig>>;
  resources: Record<Resource, ResourceConfig>;
  /** Names for several scopes. */
  bundles?: Record<string, BundleConfig>;
  /** The most that a key can do when it acts as a member with this role, and the keys that such a member manages. */
  roles?: Record<Role, RoleConfig>;
  keys?: KeysConfig<NoInfer<Environment>>;
  plans?: Record<string, PlanConfig>;
  leases?: LeasesConfig;
  management?: ManagementConfig;
  retention?: RetentionConfig;
  /**
   * How many objects collect usage. One is enough for 20,000 keys in use within an hour. If you lower the number, the others
   * still answer for what they have. Default: 1.
   */
  collectors?: number;
  /** How many objects tell isolates which records have changed. One is enough for 175 isolates that are in use all the time. Default: 1. */
  feeds?: number;
  logging?: LoggingConfig;
  requestLog?: RequestLogConfig;
  routes: RouteConfig<NoInfer<Origin>, NoInfer<Resource> | ManagementResource>[];
  /** The gateway's own errors in the format of your API. Default: problem documents, RFC 9457. */
  onRefusal?: OnRefusal;
}

export interface ControlConfig {
  /** Scheme and host, without a path. No environment uses this host. */
  baseUrls: string[];
  /** Changes to this file that API consumers must know. The guide shows them, latest first. */
  changelog?: { date: string; text: string }[];
  /** How long a new member can use the link that invites them to the console, in days, 1 to 30. Default: 7. */
  invitationDays?: number;
  /**
   * Where the Durable Objects of no environment run and store data: those that collect usage, deliver changes and remember
   * revocations. It cannot be changed after the first deploy. Default: nowhere in particular.
   */
  jurisdiction?: Jurisdiction;
}

export interface EnvironmentConfig {
  /** Scheme, host and optional path prefix. The longest match decides; the prefix is not forwarded. */
  baseUrls: string[];
  /** `iss` of the assertions that origins get. */
  issuer: string;
  /** What this environment's keys begin with, for example `kg_live`. */
  keyPrefix: string;
  /**
   * Whether this is the main environment. Its keys can use all of their management scopes; keys of other environments manage only
   * keys of the same environment, and cannot use up the quota. Set it for one environment. Default: the first.
   */
  main?: boolean | undefined;
  /** Only organizations on one of these plans can create keys here. Default: every organization that has the environment. */
  plans?: string[];
  /**
   * Where the Durable Objects of this environment's keys run and store data. It cannot be changed after the first deploy. Default:
   * nowhere in particular.
   */
  jurisdiction?: Jurisdiction;
}

export interface ResourceConfig {
  actions: string[];
  /** Bundles with `administrative: false` leave it out. */
  administrative?: boolean;
  /** `read`: keys that reach only workspaces can only read this resource. */
  workspaceKeys?: "all" | "read";
}

export interface BundleConfig {
  /** One action of every resource, or `*` for all of them. */
  every: string;
  administrative?: boolean;
  /** Whether to include the resources of the management API. Default: no. */
  management?: boolean;
}

export interface RoleConfig {
  scopes: string[];
  manages: Record<"organization" | "workspace", "all" | "own" | "none">;
}

export interface KeysConfig<Environment extends string = string> {
  /** `member`: a key can do no more than its member at the time of the request. `organization`: it acts as its organization. Default: `member`. */
  actAs?: "member" | "organization";
  reaches?: ("organization" | "workspace")[];
  /** The most workspaces of one key. Default: 20. */
  maxWorkspaces?: number;
  /** The longest life of a key, and the default. Default: 365. */
  lifetimeDays?: number;
  /** Active keys of one organization, over all environments. Default: 200. */
  quotaPerOrganization?: number;
  /** Fields that are required when a key is created. Default: none. */
  required?: ("description" | "expires_at" | "allowed_addresses")[];
  /**
   * Where the authority of a new key is created: near its first `request`, near the `creator` of the key, or at the `location` of the
   * `organization` (the first request if it has none). It stays there. Default: `request`.
   */
  authorityLocation?: "request" | "creator" | "organization";
  /** The formats of imported keys from other systems. They do not have Keygate's checksum. */
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
  /** Where the request names its workspace. */
  workspace?: { param: string } | { header: string } | { query: string };
  cors?: CorsConfig;
  /**
   * What happens while the gateway cannot reach a key's authority. `closed`: 503. `open`: keys that were used within the last five
   * minutes keep working within their limits, which each isolate counts alone. Default: `closed`.
   */
  onAuthorityFailure?: "closed" | "open";
  /** Forward `Authorization` as the client sent it. Default: the gateway removes it. */
  forwardCredentials?: boolean;
  /** Put the SHA-256 of the body into the assertion, of bodies up to 1 MiB that are not streamed. Default: no. */
  digest?: boolean;
  /** How large a request can be. */
  limits?: InputLimitsConfig;
  /** How long the origin can take to begin its answer, after it has the whole request. Default: 30. */
  timeoutSeconds?: number;
  /** How long the body of a request can pause. Default: 60; short bodies with an announced length are not watched. */
  requestIdleSeconds?: number;
  /** How long the body of an answer can pause. Default: no limit, because watching it costs time. */
  responseIdleSeconds?: number;
  /** End open streams, uploads and WebSockets within 30 s of the revocation of their key. Default: true. */
  watchRevocation?: boolean;
  /** Only for this route; see `rewriteLocation` of the origin, which is the default. */
  rewriteLocation?: boolean;
  /** Sees the request as the origin would get it, and can change it, or return an answer. */
  onRequest?: OnRequest;
  /** Sees the origin's answer, and can change it. */
  onResponse?: OnResponse;
  /** Only for this route; see `onRefusal` of the gateway, which is the default. */
  onRefusal?: OnRefusal;
}

export interface InputLimitsConfig {
  /** Of the whole URL. Default: 16,384. */
  urlBytes?: number;
  /** Names and values of the header fields together. Default: 65,536. */
  headerBytes?: number;
  /** Default: 200. */
  headerCount?: number;
  /** Default: 104,857,600, the lowest limit of any Workers plan. */
  bodyBytes?: number;
}

export interface CorsConfig {
  origins: "*" | string[];
  headers?: string[];
  exposeHeaders?: string[];
  /** Whether pages can send cookies. */
  credentials?: boolean;
  maxAgeSeconds?: number;
}

/** Built in: the resources of the management API. */
export const MANAGEMENT_RESOURCES = [
  "organizations",
  "workspaces",
  "members",
  "api_keys",
  "audit_events",
  "usage",
] as const;
export type ManagementResource = (typeof MANAGEMENT_RESOURCES)[number];

/** A configuration as it is written. */
export type GatewayInput<
  Environment extends string,
  Origin extends string,
  Resource extends string,
  Role extends string,
> = Omit<GatewayConfig<Environment, Origin, Resource, Role>, "origins"> & {
  /** Where requests go: for each environment, or to one handler in all of them. */
  origins: Record<Origin, Record<NoInfer<Environment>, OriginConfig> | HandlerConfig>;
};

/** Types the file, so that an editor knows each name in it. The gateway checks it when it compiles it. */
export function defineGateway<
  const Environment extends string,
  const Origin extends string,
  const Resource extends string,
  const Role extends string,
>(config: GatewayInput<Environment, Origin, Resource, Role>): GatewayConfig {
  const { origins, environments, ...rest } = config as unknown as GatewayInput<string, string, string, string>;
  // A mistake in either is for the check to name.
  const isWell = [origins, environments].every((value) => typeof value === "object" && value !== null);
  const each = isWell ? inEveryEnvironment(origins, Object.keys(environments)) : origins;
  return { ...rest, environments, origins: each } as GatewayConfig;
}
