/** The routes' own functions, before and after the origin. What they throw is an internal error: the request goes no further. */

import type { HookContext, OnRequest, OnResponse } from "../../config/hooks.ts";
import type { Forwarding } from "./forward.ts";

/** What the origin gets instead of `outgoing`, or what the client gets instead of an answer of the origin. */
export async function beforeOrigin(
  outgoing: Request,
  onRequest: OnRequest,
  forwarding: Forwarding,
): Promise<Request | Response> {
  const passed = (await onRequest(outgoing, contextOf(forwarding))) || outgoing;
  if (!(passed instanceof Request || passed instanceof Response)) {
    throw new TypeError("onRequest has to return a Request, a Response, or nothing");
  }
  if (isRead(passed)) throw new TypeError("onRequest has read the body. Return a new Request that has it");
  return passed;
}

export async function afterOrigin(answer: Response, onResponse: OnResponse, forwarding: Forwarding): Promise<Response> {
  // With headers that can be changed.
  const own = new Response(answer.body, answer);
  const passed = (await onResponse(own, contextOf(forwarding))) || own;
  if (!(passed instanceof Response)) throw new TypeError("onResponse has to return a Response, or nothing");
  if (isRead(passed)) throw new TypeError("onResponse has read the body. Return a new Response that has it");
  return passed;
}

function isRead({ body, bodyUsed }: Request | Response): boolean {
  return bodyUsed || body?.locked === true;
}

function contextOf({ requestId, place, route, principal }: Forwarding): HookContext {
  const key = principal && {
    id: principal.key.id,
    organizationId: principal.key.organization.id,
    ...(principal.key.member && { memberId: principal.key.member.id, role: principal.key.member.role }),
  };
  return { requestId, environment: place.environment.name, route: route.path, key };
}
