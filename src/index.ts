/** `keygate`: writes `gateway.config.ts`. Loads in plain Node. */

export type { HookContext, OnRefusal, OnRequest, OnResponse, RefusedRequest } from "./config/hooks.ts";
export type {
  CallersConfig,
  LeasesConfig,
  ManagementConfig,
  RequestLogConfig,
  RetentionConfig,
  SpeedConfig,
} from "./config/running-types.ts";
export {
  type BundleConfig,
  type ControlConfig,
  type CorsConfig,
  defineGateway,
  type EnvironmentConfig,
  type GatewayConfig,
  type GatewayInput,
  type HandlerConfig,
  type ImportedFormatConfig,
  type InputLimitsConfig,
  type KeysConfig,
  type OriginConfig,
  type PlanConfig,
  type ResourceConfig,
  type RoleConfig,
  type RouteConfig,
} from "./config/types.ts";
