/** Refusals as HTTP: the one place where they become responses. https://www.rfc-editor.org/rfc/rfc9457 */

import { describe, type Refusal } from "./errors.ts";

export const PROBLEM_TYPE = "application/problem+json";

/** `realm`: names what is protected, in WWW-Authenticate. */
export function problemResponse(refusal: Refusal, requestId: string, controlUrl: string, realm: string): Response {
  const { status, title, detail, fix, retryAfter, members } = describe(refusal);
  const { code } = refusal;
  const problem = {
    type: `${controlUrl}/errors/${code}`,
    title,
    status,
    detail,
    code,
    fix,
    request_id: requestId,
    ...members,
  };
  const headers = new Headers({ "Content-Type": PROBLEM_TYPE, "Cache-Control": "no-store" });
  if (status === 401 || code === "scope_missing") headers.set("WWW-Authenticate", challengeOf(refusal, realm));
  if (retryAfter !== undefined) headers.set("Retry-After", String(retryAfter));
  // https://www.rfc-editor.org/rfc/rfc6455#section-4.4. No 426: it would need an `Upgrade`, which the runtime does not send.
  if (code === "websocket_handshake_invalid") headers.set("Sec-WebSocket-Version", "13");
  if (refusal.code === "method_not_allowed") headers.set("Allow", refusal.allow.join(", "));
  return new Response(JSON.stringify(problem), { status, headers });
}

/** https://www.rfc-editor.org/rfc/rfc6750#section-3: no error code where no credentials were sent. */
function challengeOf(refusal: Refusal, realm: string): string {
  const challenge = `Bearer realm="${realm}"`;
  if (refusal.code === "credentials_missing") return challenge;
  if (refusal.code === "scope_missing") return `${challenge}, error="insufficient_scope", scope="${refusal.required}"`;
  return `${challenge}, error="invalid_token"`;
}
