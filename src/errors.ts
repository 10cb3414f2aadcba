/** Every error that Keygate itself answers with: its status, its words for the caller, and the fix. */

import type { Narrowing } from "./domain/rights.ts";
import { withoutSecrets } from "./domain/secret.ts";

/** The token that an endpoint of the control base URL takes: the one of `/metrics`, or one that can call the API. */
export type Asked = "metrics token" | "API token";

/** The members of each refusal beside its code. */
interface Members {
  unknown_host: unknown;
  https_required: unknown;
  credentials_missing: { asked?: Asked };
  credentials_malformed: { problem: string };
  credentials_repeated: unknown;
  credentials_in_url: unknown;
  key_unknown: unknown;
  key_expired: unknown;
  key_revoked: unknown;
  key_disabled: unknown;
  member_inactive: unknown;
  organization_suspended: unknown;
  environment_mismatch: { keyEnvironment: string; baseUrl: string };
  address_forbidden: { address: string };
  no_such_route: unknown;
  method_not_allowed: { allow: readonly string[] };
  path_ambiguous: { problem: string };
  target_forbidden: { field: string; problem: string };
  query_ambiguous: { problem: string };
  url_too_long: { limit: number };
  headers_too_large: { limit: string };
  body_too_large: { limit: number };
  length_required: unknown;
  websocket_handshake_invalid: { problem: string };
  request_broken_off: unknown;
  request_timeout: { seconds: number };
  workspace_forbidden: { workspace: string };
  workspace_repeated: unknown;
  scope_missing: { required: string; effective: readonly string[]; lacking: readonly Narrowing[] };
  rate_exceeded: { policy: string; retryAfterMs: number };
  quota_exceeded: { policy: string; retryAfterMs: number };
  origin_unreachable: unknown;
  /** `isUnread`: it did not read the body. */
  origin_timeout: { seconds: number; isUnread?: boolean };
  key_store_unavailable: unknown;
  lookup_budget_spent: unknown;
  authority_unavailable: unknown;
  usage_unavailable: unknown;
  plan_unknown: { plan: string };
  assertion_unavailable: unknown;
  request_invalid: { problem: string };
  validation_failed: { errors: readonly { field: string; problem: string }[] };
  /** `fix`: if no id is wrong. */
  not_found: { problem: string; fix?: string };
  token_invalid: { asked: Asked };
  /** `field`: what to change, if it is a field of the request. */
  management_forbidden: { problem: string; field?: string | undefined };
  management_rate_exceeded: { policy: string; retryAfterMs: number };
  session_ended: unknown;
  sign_in_link_invalid: unknown;
  cross_site_refused: unknown;
  precondition_failed: unknown;
  /** `target`: what the earlier request created or changed. */
  idempotency_key_reused: { target: string };
  conflict: { problem: string; field?: string | undefined };
  key_quota_reached: {
    limit: number;
    /** The places that the caller cannot use, because it is a key of another environment than this one. */
    kept?: { places: number; environment: string } | undefined;
  };
  environment_not_allowed: { environment: string; plans?: readonly string[] | undefined };
  internal_error: unknown;
}

export type Code = keyof Members;
export type Refusal = { [C in Code]: { readonly code: C } & Members[C] }[Code];
type RefusalOf<C extends Code> = { readonly code: C } & Members[C];

interface Entry<C extends Code> {
  readonly status: number;
  readonly title: string;
  /** What the code means. */
  readonly meaning: string;
  /** What happened to this request, if there is more to say than `meaning`. Never contains any part of a secret. */
  readonly detail?: (refusal: RefusalOf<C>) => string;
  /** What the caller can do. */
  readonly fix: string;
  /** Instead of `fix`, if this request needs something else. */
  readonly ownFix?: (refusal: RefusalOf<C>) => string | undefined;
  /** Seconds, if waiting helps. */
  readonly retryAfter?: (refusal: RefusalOf<C>) => number;
  /** Extension members of the problem document. https://www.rfc-editor.org/rfc/rfc9457#section-3.2 */
  readonly members?: (refusal: RefusalOf<C>) => Record<string, unknown>;
}

/** Looks only at the code: a refusal from another isolate arrives without its class or symbols. */
export function isRefusal(value: unknown): value is Refusal {
  if (typeof value !== "object" || value === null) return false;
  const { code } = value as { readonly code?: unknown };
  return typeof code === "string" && Object.hasOwn(ERRORS, code);
}

/** The words for this refusal. */
export function describe(refusal: Refusal): Description {
  const entry = ERRORS[refusal.code] as unknown as Entry<Code>;
  const { status, title } = entry;
  return {
    status,
    title,
    fix: entry.ownFix?.(refusal) ?? entry.fix,
    detail: entry.detail?.(refusal) ?? entry.meaning,
    retryAfter: entry.retryAfter?.(refusal),
    members: entry.members?.(refusal) ?? {},
  };
}

export interface Description {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly fix: string;
  readonly retryAfter: number | undefined;
  readonly members: Record<string, unknown>;
}

const ASKED: Record<Asked, { readonly name: string; readonly others: string; readonly fix: string }> = {
  "metrics token": {
    name: "the metrics token",
    others: " The root token and API keys do not open /metrics.",
    fix: "Send `Authorization: Bearer <metrics token>`. The token is the gateway's secret KEYGATE_METRICS_TOKEN (locally it is in .dev.vars).",
  },
  "API token": {
    name: "the root token or an API key of this gateway",
    others: "",
    fix: "Send `Authorization: Bearer <token>` with the root token (locally it is in .dev.vars) or an API key.",
  },
};

const wholeSeconds = ({ retryAfterMs }: { retryAfterMs: number }) => Math.max(1, Math.ceil(retryAfterMs / 1000));
const violated = ({ policy }: { policy: string }) => ({ violated_policies: [policy] });
/** How many are in `detail`. An import can have thousands. */
const SHOWN_ERRORS = 5;
const shortened = (texts: readonly string[]) => {
  const left = texts.length - SHOWN_ERRORS;
  return [...texts.slice(0, SHOWN_ERRORS), ...(left > 0 ? [`and ${left} more`] : [])].join("; ");
};
/** How long a caller should wait after a fault of ours. */
const FAULT_RETRY_SECONDS = 5;
const afterFault = () => FAULT_RETRY_SECONDS;

export const ERRORS: { readonly [C in Code]: Entry<C> } = {
  unknown_host: {
    status: 404,
    title: "Nothing is served at this address",
    meaning: "The host and path of this request match no base URL of this gateway.",
    fix: "Check the base URL: its scheme, host and path prefix.",
  },
  https_required: {
    status: 403,
    title: "HTTPS is required",
    meaning: "The request came over plain HTTP. If it had a key, others could read it.",
    fix: "Use https://. If you sent a key, rotate it: treat it as leaked.",
  },
  credentials_missing: {
    status: 401,
    title: "No credentials",
    meaning: "The request has no Authorization header.",
    detail: ({ asked }) => `The request has no Authorization header${asked ? ` with ${ASKED[asked].name}` : ""}.`,
    fix: "Send the header `Authorization: Bearer <your API key>`.",
    ownFix: ({ asked }) => asked && ASKED[asked].fix,
  },
  credentials_malformed: {
    status: 401,
    title: "Malformed credentials",
    meaning: "The Authorization header cannot be a key of this gateway. `detail` says what is wrong with it.",
    detail: ({ problem }) => `The Authorization header cannot be a key: ${problem}.`,
    fix: "Send exactly `Authorization: Bearer <your API key>`: one space, and the key as it was shown when it was created.",
  },
  credentials_repeated: {
    status: 400,
    title: "More than one credential",
    meaning: "The request has more than one credential, and the gateway does not choose between them.",
    fix: "Send one Authorization header with one key.",
  },
  credentials_in_url: {
    status: 401,
    title: "A key in the URL",
    meaning:
      "The URL contains an API key. The gateway refuses even a valid key there, because logs and browser histories keep URLs.",
    fix: "Move the key to the header `Authorization: Bearer <your API key>`, and rotate it: treat it as leaked.",
  },
  key_unknown: {
    status: 401,
    title: "Unknown key",
    meaning: "No key with this secret exists.",
    fix: "Check that you copied the whole key and that it was not deleted. If in doubt, create a new key.",
  },
  key_expired: {
    status: 401,
    title: "Expired key",
    meaning: "The key, or this secret of the key, has expired.",
    fix: "Create a new key. If the key was rotated, use its new secret.",
  },
  key_revoked: {
    status: 401,
    title: "Revoked key",
    meaning: "The key was revoked. This is final.",
    fix: "Create a new key.",
  },
  key_disabled: {
    status: 401,
    title: "Disabled key",
    meaning: "The key is disabled.",
    fix: "Ask the person who manages your keys to enable it.",
  },
  member_inactive: {
    status: 401,
    title: "The key's member is gone",
    meaning: "The key acts as a member who is no longer part of the organization.",
    fix: "Ask a current member to create a key.",
  },
  organization_suspended: {
    status: 401,
    title: "Suspended organization",
    meaning: "The organization that the key or session belongs to is suspended.",
    fix: "Ask the owner of your organization to contact the API provider.",
  },
  environment_mismatch: {
    status: 403,
    title: "Key of another environment",
    meaning:
      "The key belongs to one environment and was sent to the base URL of another. The request was not forwarded.",
    detail: ({ keyEnvironment, baseUrl }) =>
      `This is a key of ${keyEnvironment}${baseUrl ? `. Its base URL is ${baseUrl}` : ", which is no longer configured"}.`,
    fix: "Use the base URL of the key's environment, or use a key of this environment.",
    members: ({ keyEnvironment, baseUrl }) => ({ key_environment: keyEnvironment, base_url: baseUrl }),
  },
  address_forbidden: {
    status: 403,
    title: "Client address not allowed",
    meaning: "The key can be used only from certain addresses, and the request came from another one.",
    detail: ({ address }) => `The key cannot be used from ${address}.`,
    fix: "Call from an allowed address, or add this address to the key's allowed addresses.",
    members: ({ address }) => ({ client_address: address }),
  },
  no_such_route: {
    status: 404,
    title: "No such route",
    meaning: "No route of this API matches the path.",
    fix: "Check the path in the API's documentation.",
  },
  method_not_allowed: {
    status: 405,
    title: "Method not allowed",
    meaning: "The path exists but does not accept this method.",
    detail: ({ allow }) => `This path accepts ${allow.join(", ")}.`,
    fix: "Use one of the methods in the Allow header.",
  },
  path_ambiguous: {
    status: 400,
    title: "Ambiguous path",
    meaning:
      "Servers differ in how they read this path, for example in whether they decode %2F or ignore the case of letters, and these readings match different routes.",
    detail: ({ problem }) => `The path can be read in more than one way: ${problem}.`,
    fix: "Send the path as the API documents it: in the same case, with no suffix such as .json, and with no empty segments, dot segments or encoded slashes.",
  },
  target_forbidden: {
    status: 403,
    title: "Other resource not allowed",
    meaning:
      "A WebDAV request can name other resources, in the headers Destination and If. The gateway checks each of them like the path of the request, and one of them is not allowed.",
    detail: ({ field, problem }) => `An address in the header ${field} ${problem}.`,
    fix: "Name an address below the same base URL, of the same service and the same workspace.",
  },
  query_ambiguous: {
    status: 400,
    title: "Ambiguous query",
    meaning:
      "The route takes the workspace from the query, and servers differ in how they read this query, for example in whether a semicolon separates parameters.",
    detail: ({ problem }) => `The query can be read in more than one way: ${problem}.`,
    fix: "Name the workspace once, as the API documents it, and separate parameters only with &.",
  },
  url_too_long: {
    status: 414,
    title: "URL too long",
    meaning: "The URL is longer than the gateway accepts.",
    detail: ({ limit }) => `The URL is longer than ${limit} bytes.`,
    fix: "Shorten the query, or send the data in a body.",
  },
  headers_too_large: {
    status: 431,
    title: "Header fields too large",
    meaning: "The request has more or longer header fields than the gateway accepts.",
    detail: ({ limit }) => `The header fields of the request exceed ${limit}.`,
    fix: "Send fewer or shorter header fields. Cookies are often the cause.",
  },
  body_too_large: {
    status: 413,
    title: "Body too large",
    meaning: "The body is larger than the gateway accepts.",
    detail: ({ limit }) => `The body is larger than ${limit} bytes.`,
    fix: "Send a smaller body, or split it into several requests.",
  },
  length_required: {
    status: 411,
    title: "Length required",
    meaning: "A GET or HEAD request has a body without a Content-Length, so its size cannot be limited.",
    fix: "Send a Content-Length, or send the body with another method.",
  },
  websocket_handshake_invalid: {
    status: 400,
    title: "Invalid WebSocket handshake",
    meaning: "The request asks for a WebSocket (`Upgrade: websocket`), but not as RFC 6455 requires.",
    detail: ({ problem }) => `The request asks for a WebSocket, but ${problem}.`,
    fix: "For a WebSocket, send a GET over HTTP/1.1 with `Sec-WebSocket-Version: 13`, a `Sec-WebSocket-Key` of 16 bytes in base64, and no body. For anything else, leave out `Upgrade`.",
  },
  request_broken_off: {
    status: 400,
    title: "Request aborted",
    meaning: "The client disconnected, or the body ended before it was complete.",
    fix: "Send the whole request again.",
  },
  request_timeout: {
    status: 408,
    title: "Request too slow",
    meaning: "The body of the request paused for longer than the gateway waits.",
    detail: ({ seconds }) => `No part of the body arrived for ${seconds} s.`,
    fix: "Send the request again, without pauses.",
  },
  workspace_forbidden: {
    status: 403,
    title: "Workspace out of reach",
    meaning: "The key reaches only certain workspaces, and the request names another one.",
    detail: ({ workspace }) => `The key does not reach the workspace ${withoutSecrets(workspace)}.`,
    fix: "Use a key that reaches this workspace.",
    members: ({ workspace }) => ({ workspace: withoutSecrets(workspace) }),
  },
  workspace_repeated: {
    status: 400,
    title: "More than one workspace",
    meaning: "The request names its workspace more than once.",
    fix: "Name the workspace once.",
  },
  scope_missing: {
    status: 403,
    title: "Missing scope",
    meaning:
      "The key is valid but lacks a scope. `lacking_in` says where the scope is missing: in the key's scopes, the role of its member, its permission, or its reach.",
    detail: ({ required, lacking }) =>
      `This call needs ${required}, which ${lacking.map((set) => LACKING[set]).join(" and ") || "you do not have"}.`,
    fix: "Add the required scope to the key, or use a key that has it. If the role, permission or reach lacks it, change that instead.",
    members: ({ required, effective, lacking }) => ({
      required_scopes: [required],
      effective_scopes: effective,
      ...(lacking.length > 0 && { lacking_in: lacking }),
    }),
  },
  rate_exceeded: {
    status: 429,
    title: "Rate exceeded",
    meaning: "The key has used up one of its rates for now.",
    detail: (refusal) =>
      `The rate "${refusal.policy}" of this key is used up. Try again in ${wholeSeconds(refusal)} s.`,
    fix: "Wait for the seconds in Retry-After, then try again. Spread requests out, or ask for a higher plan.",
    retryAfter: wholeSeconds,
    members: violated,
  },
  quota_exceeded: {
    status: 429,
    title: "Quota exceeded",
    meaning: "The key has used up one of its quotas for this hour, day or month (UTC).",
    detail: (refusal) =>
      `The quota "${refusal.policy}" of this key is used up. Try again in ${wholeSeconds(refusal)} s.`,
    fix: "Wait for the seconds in Retry-After (until the next period starts, in UTC), or ask for a higher plan.",
    retryAfter: wholeSeconds,
    members: violated,
  },
  origin_unreachable: {
    status: 502,
    title: "Origin unreachable",
    meaning: "The gateway accepted the request but got no readable answer from the service behind it.",
    fix: "Try again later. If it continues, send the request_id to the API provider.",
  },
  origin_timeout: {
    status: 504,
    title: "Origin too slow",
    meaning: "The service behind the gateway did not read the request or start to answer in time.",
    detail: ({ seconds, isUnread }) =>
      `The service behind the gateway did not ${isUnread ? "read the body" : "start to answer"} within ${seconds} s.`,
    fix: "Try again later. The request may have taken effect.",
  },
  key_store_unavailable: {
    status: 503,
    title: "Key database unavailable",
    meaning:
      "The gateway cannot read or write its key database at the moment. This does not mean that your key is wrong.",
    fix: "Try again after the seconds in Retry-After.",
    retryAfter: afterFault,
  },
  lookup_budget_spent: {
    status: 503,
    title: "Too many unknown credentials",
    meaning:
      "Your address sent too many keys, sessions or sign-in links that do not exist, so the gateway looks up no new ones from it for now. This does not mean that yours is wrong.",
    fix: "Try again after the seconds in Retry-After, and look for a client that sends keys or cookies that do not exist.",
    retryAfter: () => 60,
  },
  authority_unavailable: {
    status: 503,
    title: "Limits cannot be checked",
    meaning:
      "The gateway cannot check your rights and limits at the moment. This does not mean that your key is wrong.",
    fix: "Try again after the seconds in Retry-After.",
    retryAfter: afterFault,
  },
  usage_unavailable: {
    status: 503,
    title: "Usage unavailable",
    meaning:
      "Some of the requests that were counted or kept cannot be read at the moment, so the answer would be incomplete.",
    fix: "Try again after the seconds in Retry-After.",
    retryAfter: afterFault,
  },
  plan_unknown: {
    status: 503,
    title: "The key's plan is not configured",
    meaning: "The key has a plan that is not in the gateway's configuration, so its limits are not known.",
    detail: ({ plan }) => `The key has the plan "${plan}", which is not in the gateway's configuration.`,
    fix: "Ask the API provider to add the plan to gateway.config.ts, or to give the key or its organization another plan.",
    retryAfter: afterFault,
  },
  assertion_unavailable: {
    status: 503,
    title: "Identity cannot be proven",
    meaning:
      "The gateway cannot prove to the service behind it who sent the request, so it was not forwarded. This does not mean that your key is wrong.",
    fix: "Try again after the seconds in Retry-After. If it continues, send the request_id to the API provider: the gateway's signing keys are missing or invalid.",
    retryAfter: afterFault,
  },
  request_invalid: {
    status: 400,
    title: "Invalid request",
    meaning: "The request cannot be read. `detail` says why.",
    detail: ({ problem }) => problem,
    fix: "Fix the request as the detail says.",
  },
  validation_failed: {
    status: 422,
    title: "Invalid fields",
    meaning: "Some fields are invalid. `errors` lists them.",
    detail: ({ errors }) => shortened(errors.map(({ field, problem }) => `${field}: ${problem}`)),
    fix: "Fix the fields listed in errors.",
    members: ({ errors }) => ({ errors }),
  },
  not_found: {
    status: 404,
    title: "Not found",
    meaning: "Nothing with this id or at this path exists, or you cannot see it.",
    detail: ({ problem }) => problem,
    fix: "Check the id, and that it belongs to your organization.",
    ownFix: ({ fix }) => fix,
  },
  token_invalid: {
    status: 401,
    title: "Invalid token",
    meaning: "The Authorization header has no token that is valid here.",
    detail: ({ asked }) => `The Authorization header does not have ${ASKED[asked].name}.${ASKED[asked].others}`,
    fix: "Send `Authorization: Bearer <token>` with the root token (locally it is in .dev.vars) or an API key; for /metrics, with the metrics token.",
    ownFix: ({ asked }) => ASKED[asked].fix,
  },
  management_forbidden: {
    status: 403,
    title: "Not allowed",
    meaning: "You can use this call, but not for this. `detail` says why.",
    detail: ({ problem }) => problem,
    fix: "Ask someone whose role allows it: an owner of the organization, or the API provider.",
  },
  management_rate_exceeded: {
    status: 429,
    title: "Too many calls",
    meaning: "You, or your organization, called the management API or used the console more often than allowed.",
    detail: (refusal) =>
      `The rate "${refusal.policy}" of the management API is used up. Try again in ${wholeSeconds(refusal)} s.`,
    fix: "Wait for the seconds in Retry-After. Reading, revoking, disabling and deleting have a separate rate.",
    retryAfter: wholeSeconds,
    members: violated,
  },
  session_ended: {
    status: 401,
    title: "Signed out",
    meaning: "The session has ended or was revoked.",
    fix: "Sign in again with a new sign-in link.",
  },
  sign_in_link_invalid: {
    status: 401,
    title: "Sign-in link not valid",
    meaning: "The sign-in link was already used or revoked, has expired, or never existed.",
    fix: "Ask for a new link, and open it before it expires.",
  },
  cross_site_refused: {
    status: 403,
    title: "Request from another site",
    meaning: "A browser sent this request from a page of another site, with your session or to start one.",
    fix: "Use the console's own pages, or the API with a token.",
  },
  precondition_failed: {
    status: 412,
    title: "Version mismatch",
    meaning: "The record no longer has the version in If-Match: someone changed it after you read it.",
    fix: "Read it again, look at what changed, and repeat your change with the new ETag.",
  },
  idempotency_key_reused: {
    status: 422,
    title: "Idempotency key reused",
    meaning: "This Idempotency-Key was already used for another request.",
    fix: "Use a new Idempotency-Key for each new request, and the same one only to repeat it.",
  },
  conflict: {
    status: 409,
    title: "Conflict",
    meaning: "The change conflicts with the current state.",
    detail: ({ problem }) => problem,
    fix: "Read the current state, then try again.",
  },
  key_quota_reached: {
    status: 409,
    title: "Key quota reached",
    meaning: "The organization has as many keys as it can have, over all environments together.",
    detail: ({ limit, kept }) =>
      kept
        ? `The key that sent this request is not a key of ${kept.environment}, so it can create keys only while the organization has fewer than ${limit}. The other ${kept.places} places are reserved for ${kept.environment}, members and the API provider.`
        : `The organization can have ${limit} keys, and already has that many.`,
    fix: "Revoke a key that is no longer used, or ask for a higher key quota.",
    members: ({ limit }) => ({ limit }),
  },
  environment_not_allowed: {
    status: 403,
    title: "Environment not open to this organization",
    meaning: "The organization cannot have keys for this environment.",
    detail: ({ environment, plans }) =>
      `The organization cannot have keys for ${environment}${plans ? `, which needs the plan ${plans.join(" or ")}` : ""}.`,
    fix: "Ask the API provider to open the environment or to change the plan, or choose another environment.",
    members: ({ environment, plans }) => ({ environment, ...(plans && { plans }) }),
  },
  internal_error: {
    status: 500,
    title: "Internal error",
    meaning: "The gateway has failed. The service behind it may have received the request.",
    fix: "Send the request_id to the API provider.",
  },
};

const LACKING: Record<Narrowing, string> = {
  scopes: "the key was not granted",
  role: "its member's role does not have",
  permission: "its read-only permission leaves out",
  reach: "keys that reach only workspaces do not have",
};
