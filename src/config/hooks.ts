/** The functions in `gateway.config.ts`: their arguments and results. */

import type { Code } from "../errors.ts";

/** What hooks learn about the request. */
export interface HookContext {
  readonly requestId: string;
  readonly environment: string;
  /** The route's path, as in the configuration. */
  readonly route: string;
  /** Who calls; `undefined` on public routes. */
  readonly key:
    | { readonly id: string; readonly organizationId: string; readonly memberId?: string; readonly role?: string }
    | undefined;
}

/** If it returns nothing, the request continues with its current headers. */
// biome-ignore lint/suspicious/noConfusingVoidType: a hook may have no return statement
type Hook<Seen, Instead> = (seen: Seen, context: HookContext) => Instead | void | Promise<Instead | void>;
export type OnRequest = Hook<Request, Request | Response>;
export type OnResponse = Hook<Response, Response>;

/** An error of the gateway itself, instead of an answer of an origin. */
export interface RefusedRequest {
  readonly status: number;
  readonly code: Code;
  /** The URL of the page about this code. */
  readonly type: string;
  readonly title: string;
  /** What happened to this request. */
  readonly detail: string;
  /** What the caller can do about it. */
  readonly fix: string;
  readonly requestId: string;
  /** Seconds, if waiting helps; `Retry-After` has the same value. */
  readonly retryAfter: number | undefined;
  /** More fields, which depend on the code, for example `required_scopes`. */
  readonly members: Readonly<Record<string, unknown>>;
}

/**
 * Writes the body of a refusal: text, or an object that becomes JSON. The gateway sets the status, the challenge, `Retry-After`
 * and other headers. It must be synchronous. `contentType`: `application/json` by default.
 */
export type OnRefusal = (refusal: RefusedRequest) => { body: string | object; contentType?: string };
