/** What the log says of a refusal beside its code. A refusal with new members must say here which of them the log gets. */

import type { ReasonMembers } from "./domain/log-line.ts";
import type { Code, Refusal } from "./errors.ts";

type RefusalOf<C extends Code> = Extract<Refusal, { readonly code: C }>;
type CodeWithMembers = { [C in Code]: Exclude<keyof RefusalOf<C>, "code"> extends never ? never : C }[Code];
type Policies = readonly { readonly name: string; readonly limit: number; readonly window: number }[];

/** An id that this gateway created. Whatever else a request calls a workspace can be the name of a person. */
const WORKSPACE_ID = /^ws_[0-9a-f]{32}$/;

const nothing = () => undefined;
const problem = ({ problem }: { problem: string }) => ({ problem });
const limit = ({ limit }: { limit: number }) => ({ limit });
const timeout = ({ seconds }: { seconds: number }) => ({ timeout_seconds: seconds });

function violated({ policy, retryAfterMs }: { policy: string; retryAfterMs: number }, policies: Policies) {
  const violated = policies.find(({ name }) => name === policy);
  return {
    violated_policies: [policy],
    retry_after_ms: retryAfterMs,
    ...(violated && { limit: violated.limit, window_seconds: violated.window }),
  };
}

const LOGGED: {
  readonly [C in CodeWithMembers]: (refusal: RefusalOf<C>, policies: Policies) => ReasonMembers | undefined;
} = {
  // These problems are chosen from our own words.
  credentials_malformed: problem,
  path_ambiguous: problem,
  query_ambiguous: problem,
  websocket_handshake_invalid: problem,
  target_forbidden: ({ field, problem }) => ({ field, problem }),
  environment_mismatch: ({ keyEnvironment }) => ({ key_environment: keyEnvironment }),
  method_not_allowed: ({ allow }) => ({ allow }),
  url_too_long: limit,
  headers_too_large: ({ limit }) => ({ problem: `they are more than ${limit}` }),
  body_too_large: limit,
  request_timeout: timeout,
  origin_timeout: timeout,
  workspace_forbidden: ({ workspace }) => (WORKSPACE_ID.test(workspace) ? { workspace } : undefined),
  scope_missing: ({ required, lacking }) => ({ required_scopes: [required], lacking_in: lacking }),
  rate_exceeded: violated,
  quota_exceeded: violated,
  management_rate_exceeded: violated,
  plan_unknown: ({ plan }) => ({ plan }),
  key_quota_reached: limit,
  environment_not_allowed: ({ environment }) => ({ environment }),
  // The client's address is a separate field, as far as the configuration allows.
  address_forbidden: nothing,
  // The route says it.
  credentials_missing: nothing,
  token_invalid: nothing,
  // These can repeat a part of what was sent, or name what it is about.
  request_invalid: nothing,
  validation_failed: nothing,
  not_found: nothing,
  management_forbidden: nothing,
  idempotency_key_reused: nothing,
  conflict: nothing,
};

export function reasonMembers(refusal: Refusal, policies: Policies = []): ReasonMembers | undefined {
  const members = (
    LOGGED as Partial<Record<Code, (refusal: Refusal, policies: Policies) => ReasonMembers | undefined>>
  )[refusal.code];
  return members?.(refusal, policies);
}
