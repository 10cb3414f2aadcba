/** What `gateway.config.ts` says of how the gateway itself runs. */

export interface LeasesConfig {
  /**
   * How long an isolate decides about a key without asking its authority, 1 to 10. A revoked key stops working everywhere after
   * this time plus half a second. A longer time means fewer questions. Default: 2.
   */
  ttlSeconds?: number;
}

/** How often the management API and the console's forms can be used. Token buckets, like the rates of plans. */
export interface ManagementConfig {
  /** Reading, and calls that only take away: revoking, disabling, deleting. Default: 600 per minute, and 3,000 for an organization. */
  calls?: CallersConfig;
  /** Calls that create or change something. Default: 300 per hour, and 1,000 for an organization. */
  changes?: CallersConfig;
  /** Every call of the root token. Default: 6,000 per minute. */
  root?: SpeedConfig;
}

export interface CallersConfig {
  /** Each key, and each member in all of their sessions. */
  actor?: SpeedConfig;
  /** All keys and members of one organization together. Must be above `actor`. */
  organization?: SpeedConfig;
}

/** `limit` per `window` seconds, `burst` at once (default: `limit`). */
export interface SpeedConfig {
  limit: number;
  window: number;
  burst?: number;
}

/** What the log, and what else is kept of single requests, says about people. */
export interface LoggingConfig {
  /**
   * The client's address: `full`; `truncated` to its network, the first 24 bits of an IPv4 address and the first 48 of an IPv6
   * address; or `none`. Without `none`, the console also shows the city and country from which a session began. Default: `truncated`.
   */
  clientAddress?: "full" | "truncated" | "none";
  /**
   * Give the spans of Cloudflare's tracing what the log calls their requests by. Set it where wrangler.toml turns tracing on.
   * Default: no, because each request would have to ask whether it is traced.
   */
  spans?: boolean;
  /**
   * Write a data point of each request to Workers Analytics Engine, by the binding `ANALYTICS` of wrangler.toml. See docs/metrics.md.
   * Default: no, because each one costs money.
   */
  analyticsEngine?: boolean;
}

/** How long D1 keeps old records. At least 35 days each, because a restore can go back 30. */
export interface RetentionConfig {
  /** Usage by the day. Default: 90. */
  usageDays?: number;
  /** Audit events, and with them the `Idempotency-Key`s of changes. The events of a key are kept as long as the key. Default: 400. */
  auditDays?: number;
  /** Keys after their revocation or expiry, and members after their removal. Default: 90. */
  deadKeyDays?: number;
  /** How much D1 can hold: 10,000 on the paid plan (the default), 500 on the free plan. Above 80 % a warning is logged every hour. */
  databaseMegabytes?: number;
}

/** What is kept of finished requests, to find one by its id. */
export interface RequestLogConfig {
  /** For how many hours, 0 to 168. 0 keeps no requests. Default: 24. */
  hours?: number;
  /** Whether to keep the path of each request, which can contain personal data. Never its query. Default: false. */
  paths?: boolean;
}
