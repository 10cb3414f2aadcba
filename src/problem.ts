/** Refusals as HTTP: the one place where they become responses. https://www.rfc-editor.org/rfc/rfc9457 */

import type { OnRefusal, RefusedRequest } from "./config/hooks.ts";
import { type Log, messageLine } from "./domain/log-line.ts";
import { describe, type Refusal } from "./errors.ts";
import { describeThrown } from "./thrown.ts";

export const PROBLEM_TYPE = "application/problem+json";
/** The header by which a refusal asks for credentials. */
export const CHALLENGE_HEADER = "WWW-Authenticate";

/** The format of the errors of the API behind the gateway, and where its failures are logged. */
export interface OwnForm {
  readonly onRefusal: OnRefusal;
  readonly log: Log;
}

interface Written {
  readonly body: string;
  readonly contentType: string;
}

/** `realm`: names what is protected, in WWW-Authenticate. */
export function problemResponse(
  refusal: Refusal,
  requestId: string,
  controlUrl: string,
  realm: string,
  own?: OwnForm,
): Response {
  const { code } = refusal;
  const refused = { ...describe(refusal), code, type: `${controlUrl}/errors/${code}`, requestId };
  const { status, retryAfter } = refused;
  const { body, contentType } = (own && inOwnForm(refused, own)) ?? inProblemForm(refused);
  const headers = new Headers({ "Content-Type": contentType, "Cache-Control": "no-store" });
  if (status === 401 || code === "scope_missing") headers.set(CHALLENGE_HEADER, challengeOf(refusal, realm));
  if (retryAfter !== undefined) headers.set("Retry-After", String(retryAfter));
  // https://www.rfc-editor.org/rfc/rfc6455#section-4.4. No 426: it would need an `Upgrade`, which the runtime does not send.
  if (code === "websocket_handshake_invalid") headers.set("Sec-WebSocket-Version", "13");
  if (refusal.code === "method_not_allowed") headers.set("Allow", refusal.allow.join(", "));
  return new Response(body, { status, headers });
}

function inProblemForm({ type, title, status, detail, code, fix, requestId, members }: RefusedRequest): Written {
  const problem = { type, title, status, detail, code, fix, request_id: requestId, ...members };
  return { body: JSON.stringify(problem), contentType: PROBLEM_TYPE };
}

/** `undefined` where the function is at fault: a refusal must reach its caller all the same. */
function inOwnForm(refused: RefusedRequest, { onRefusal, log }: OwnForm): Written | undefined {
  try {
    // Members can be part of what is remembered of a key.
    const written: ReturnType<OnRefusal> | Promise<unknown> | Response = onRefusal(structuredClone(refused));
    if (written instanceof Promise || written instanceof Response) {
      // Whether a promise is rejected later makes no difference.
      Promise.resolve(written).catch(() => undefined);
      throw new TypeError("onRefusal must return { body, contentType }, not a promise or a Response");
    }
    const { body, contentType = "application/json" } = written;
    const text = typeof body === "object" && body !== null ? JSON.stringify(body) : body;
    if (typeof text !== "string") throw new TypeError("onRefusal returned no body");
    if (isNoJson(body, text)) {
      throw new TypeError("onRefusal returned a body that does not become JSON, such as a promise or bytes");
    }
    if (!MEDIA_TYPE.test(contentType)) throw new TypeError("onRefusal returned a contentType that is not a media type");
    return { body: text, contentType };
  } catch (error) {
    log(messageLine("error", describeThrown(error), { request_id: refused.requestId }));
    return undefined;
  }
}

/** A promise, a Response or a Map would become `{}`, and bytes a list of numbers. */
function isNoJson(body: string | object, text: string): boolean {
  if (typeof body === "string") return false;
  const prototype = Object.getPrototypeOf(body);
  return ArrayBuffer.isView(body) || (text === "{}" && prototype !== Object.prototype && prototype !== null);
}

/** https://www.rfc-editor.org/rfc/rfc9110#section-8.3.1 */
const MEDIA_TYPE = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+(?:[ \t]*;[\t -~]*)?$/;

/** https://www.rfc-editor.org/rfc/rfc6750#section-3: no error code where no credentials were sent. */
function challengeOf(refusal: Refusal, realm: string): string {
  const challenge = `Bearer realm="${realm}"`;
  if (refusal.code === "credentials_missing") return challenge;
  if (refusal.code === "scope_missing") return `${challenge}, error="insufficient_scope", scope="${refusal.required}"`;
  return `${challenge}, error="invalid_token"`;
}
