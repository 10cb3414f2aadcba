/**
 * The lines of the log: one JSON object each, with the names and units that docs/observability.md explains. The names, the types
 * and the values are a contract (docs/log-line.schema.json): a change that breaks a reader of the log needs a new version.
 */

export const LOG_VERSION = 1;

export type Level = "info" | "warn" | "error";

export type LogLine = Entry | ControlLine | MessageLine;

export type Log = (line: LogLine) => void;

/** What every line has. */
interface Frame {
  readonly version: typeof LOG_VERSION;
  readonly level: Level;
}

/** Where the credential was found. */
export type FoundIn = "memory" | "kv" | "d1";

/**
 * How the request got a lease: it was in hand, the authority was asked while the request waited, or the isolate lent it to itself
 * because the authority could not be reached.
 */
export type LeaseState = "held" | "asked" | "degraded";

/** What is in it: tokens, the time until there can be one, or that the key has no limits. */
export type LeaseKind = "tokens" | "denial" | "uncounted";

/** A finished request of the data plane: its line in the log, and what else is kept of it. Times are whole milliseconds. */
export interface Entry extends Frame {
  readonly kind: "request";
  /** When the request began, since the epoch. */
  readonly time: number;
  readonly request_id: string;
  /** Of the trace that the origin's `traceparent` continues. */
  readonly trace_id: string;
  /** `answered`: by the gateway itself, and not as a refusal. */
  readonly decision: "forwarded" | "refused" | "answered";
  /** The code of the refusal. */
  readonly reason: string | undefined;
  readonly reason_members: ReasonMembers | undefined;
  readonly status: number;
  readonly environment: string | undefined;
  readonly method: string;
  /** As configured: the path itself can name people. */
  readonly route: string | undefined;
  readonly key_id: string | undefined;
  readonly organization_id: string | undefined;
  readonly member_id: string | undefined;
  /** As far as the configuration allows. */
  readonly client_address: string | undefined;
  readonly found_in: FoundIn | undefined;
  readonly lease: LeaseState | undefined;
  readonly lease_kind: LeaseKind | undefined;
  /** As the configuration calls it; this and the next three only if a request was sent there. */
  readonly origin: string | undefined;
  readonly origin_status: number | undefined;
  readonly retried: true | undefined;
  /** From the first request to the headers of the answer, or to the end of waiting for them. */
  readonly origin_ms: number | undefined;
  /** From the beginning to the headers of the answer, without `origin_ms`. The next two are parts of it. */
  readonly gateway_ms: number;
  readonly identify_ms: number | undefined;
  readonly lease_ms: number | undefined;
  /** Of the body, as announced; `null` if that is not known. */
  readonly request_bytes: number | null;
  readonly response_bytes: number | null;
}

/** What the log says about a reason: never a part of a secret, a path, a query or a body, and no address. */
export interface ReasonMembers {
  readonly problem?: string;
  readonly field?: string;
  readonly key_environment?: string;
  readonly environment?: string;
  readonly plan?: string;
  readonly allow?: readonly string[];
  readonly workspace?: string | undefined;
  readonly required_scopes?: readonly string[];
  readonly lacking_in?: readonly string[];
  readonly violated_policies?: readonly string[];
  readonly retry_after_ms?: number;
  readonly limit?: number;
  /** Of the rate or the quota that was used up. */
  readonly window_seconds?: number;
  readonly timeout_seconds?: number;
}

/** A finished request to the control plane. */
export interface ControlLine extends Frame {
  readonly kind: "control";
  readonly time: number;
  readonly request_id: string;
  readonly method: string;
  readonly route: string;
  /** `operationId` of the OpenAPI document. */
  readonly operation: string | undefined;
  readonly status: number;
  readonly reason: string | undefined;
  readonly reason_members: ReasonMembers | undefined;
  /** As in the audit trail: `root`, or the id of a member, or of a key that acts as nobody. */
  readonly actor: string | undefined;
  readonly via: "root" | "session" | "key" | undefined;
  readonly key_id: string | undefined;
  readonly organization_id: string | undefined;
  readonly client_address: string | undefined;
  readonly control_ms: number;
}

/** What happened beside requests, or inside of one. */
export interface MessageLine extends Frame {
  readonly kind: "message";
  readonly message: string;
  readonly request_id?: string | undefined;
}

export function messageLine<More extends object>(
  level: Level,
  message: string,
  more?: More & { readonly request_id?: string },
): MessageLine & More {
  return { version: LOG_VERSION, kind: "message", level, message, ...(more as More) };
}
