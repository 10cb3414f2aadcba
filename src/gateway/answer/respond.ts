/** The answer that the client gets, with the headers that every answer of this gateway has. */

import type { Cors } from "../../config/cors.ts";
import { addCorsHeaders } from "../../decide/cors.ts";
import { DAY_MS } from "../../domain/durations.ts";
import type { PolicyState } from "../../domain/lease.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { type OwnForm, problemResponse } from "../../problem.ts";
import { rateHeaders } from "../../rate-headers.ts";
import { stripResponse } from "../forward/strip.ts";

export interface Answering {
  readonly requestId: string;
  readonly controlUrl: string;
  readonly realm: string;
  /** Of refusals; `undefined` for problem documents. */
  readonly form: OwnForm | undefined;
  /** The rules that apply to this answer. */
  readonly cors: Cors | undefined;
  readonly policies: readonly PolicyState[];
  /** The end of the credential, if one was used. */
  readonly expiresAt: number | undefined;
  /** The request was admitted without the key's authority. */
  readonly degraded: boolean;
  readonly now: number;
}

/** The last days of a key, in which answers say when it expires. */
const EXPIRY_NOTICE_MS = 30 * DAY_MS;

export function respond(outcome: Response | Refusal, request: Request, answering: Answering): Response {
  if (!isRefusal(outcome) && !isRebuildable(outcome)) return outcome;
  const response = isRefusal(outcome)
    ? problemResponse(outcome, answering.requestId, answering.controlUrl, answering.realm, answering.form)
    : withOwnHeaders(outcome, answering.cors !== undefined);
  const { headers } = response;
  headers.set("X-Request-Id", answering.requestId);
  for (const [name, value] of rateHeaders(answering.policies)) headers.set(name, value);
  if (answering.degraded) headers.set("Keygate-Degraded", "authority");
  const { expiresAt, now } = answering;
  if (expiresAt !== undefined && expiresAt > now && expiresAt - now < EXPIRY_NOTICE_MS) {
    headers.set("Keygate-Key-Expires", new Date(expiresAt).toISOString());
  }
  if (answering.cors) addCorsHeaders(headers, request, answering.cors);
  return response;
}

/** Above 599 the runtime passes answers on as they are, and makes none: their headers stay the origin's. */
export function isRebuildable({ status }: Response): boolean {
  return status <= 599;
}

/** The origin's answer with headers that can be changed; body, status and WebSocket stay the same. */
function withOwnHeaders(response: Response, handlesCors: boolean): Response {
  const own = new Response(response.body, response);
  stripResponse(own.headers, handlesCors);
  return own;
}
