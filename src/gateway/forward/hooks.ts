/** The routes' own functions, before and after the origin. What they throw is an internal error: the request goes no further. */

import type { HookContext, OnRequest, OnResponse } from "../../config/hooks.ts";
import { isRead } from "../is-read.ts";

/** What the origin gets instead of `outgoing`, or what the client gets instead of an answer of the origin. */
export async function beforeOrigin(
  outgoing: Request,
  onRequest: OnRequest,
  context: HookContext,
): Promise<Request | Response> {
  const passed = (await onRequest(outgoing, context)) || outgoing;
  if (!(passed instanceof Request || passed instanceof Response)) {
    throw new TypeError("onRequest must return a Request, a Response, or nothing");
  }
  if (isError(passed)) throw new TypeError("onRequest returned a Response without a status");
  if (isRead(passed)) throw new TypeError("onRequest read the body. Return a new Request with the body");
  return passed;
}

export async function afterOrigin(answer: Response, onResponse: OnResponse, context: HookContext): Promise<Response> {
  // With headers that can be changed.
  const own = new Response(answer.body, answer);
  const passed = (await onResponse(own, context)) || own;
  if (!(passed instanceof Response)) throw new TypeError("onResponse must return a Response, or nothing");
  if (isError(passed)) throw new TypeError("onResponse returned a Response without a status");
  if (isRead(passed)) throw new TypeError("onResponse read the body. Return a new Response with the body");
  return passed;
}

/** https://fetch.spec.whatwg.org/#dom-response-error: no client can get it. */
function isError(passed: Request | Response): boolean {
  return passed instanceof Response && passed.status === 0;
}
