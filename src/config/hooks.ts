/** The functions that `gateway.config.ts` can have: what they are given, and what they return. */

import type { Code } from "../errors.ts";

/** What hooks are told of the request. */
export interface HookContext {
  readonly requestId: string;
  readonly environment: string;
  /** The route's path, as it is written in this file. */
  readonly route: string;
  /** Who calls; `undefined` on public routes. */
  readonly key:
    | { readonly id: string; readonly organizationId: string; readonly memberId?: string; readonly role?: string }
    | undefined;
}

/** Nothing returned: it goes on, with the headers as they are by then. */
// biome-ignore lint/suspicious/noConfusingVoidType: a hook may have no return statement
type Hook<Seen, Instead> = (seen: Seen, context: HookContext) => Instead | void | Promise<Instead | void>;
export type OnRequest = Hook<Request, Request | Response>;
export type OnResponse = Hook<Response, Response>;

/** An error of the gateway's own, instead of an answer of an origin. */
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
  /** Seconds, where waiting helps; `Retry-After` has them too. */
  readonly retryAfter: number | undefined;
  /** More about it, by code, for example `required_scopes`. */
  readonly members: Readonly<Record<string, unknown>>;
}

/**
 * Writes the body of a refusal: text, or what becomes JSON. Status, challenge, `Retry-After` and other headers stay the
 * gateway's. It must answer at once, without a promise. `contentType`: `application/json` by default.
 */
export type OnRefusal = (refusal: RefusedRequest) => { body: string | object; contentType?: string };
