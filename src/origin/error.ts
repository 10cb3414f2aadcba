/** Why a request is not to be answered: a closed set of codes, which stay what they are. */

import { ASSERTION_HEADER } from "./claims.ts";

const STATUSES = {
  assertion_missing: 401,
  /** More than one, or several joined by a comma. */
  assertion_repeated: 401,
  assertion_too_long: 401,
  assertion_malformed: 401,
  algorithm_forbidden: 401,
  type_wrong: 401,
  /** A header parameter beside `alg`, `typ` and `kid`, such as `jwk` or `crit`. */
  header_forbidden: 401,
  issuer_wrong: 401,
  key_unknown: 401,
  signature_wrong: 401,
  claims_malformed: 401,
  audience_wrong: 401,
  issued_in_future: 401,
  expired: 401,
  method_mismatch: 401,
  target_mismatch: 401,
  digest_missing: 401,
  digest_mismatch: 401,
  replayed: 401,
  scope_missing: 403,
  workspace_forbidden: 403,
  /** The issuer's public keys cannot be fetched: nothing is known of the request. */
  keys_unavailable: 503,
} as const;

export type AssertionErrorCode = keyof typeof STATUSES;

export class AssertionError extends Error {
  override readonly name = "AssertionError";
  readonly code: AssertionErrorCode;
  /** The HTTP status that fits. */
  readonly status: 401 | 403 | 503;
  /** For the answer, which Express adds by itself. https://www.rfc-editor.org/rfc/rfc9110#section-15.5.2: each 401 says what to send. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: AssertionErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.status = STATUSES[code];
    this.headers = this.status === 401 ? { "WWW-Authenticate": ASSERTION_HEADER } : {};
  }

  /** Hono's answer if a handler throws this, unless the app has its own `onError`. */
  getResponse(): Response {
    return Response.json({ code: this.code, error: this.message }, this);
  }
}
