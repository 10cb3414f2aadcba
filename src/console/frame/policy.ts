/** What every page tells the browser. */

import type { MiddlewareHandler } from "hono";
import { collisionOf } from "../../control/control.ts";
import { showRefusal } from "./refusal-page.tsx";
import { type ConsoleEnv, isWithoutScript, type Visit } from "./visit.ts";

/** Only our own files, and no script turns text into markup. https://w3c.github.io/trusted-types/dist/spec/ */
const WITHOUT_SCRIPT = [
  "default-src 'none'",
  "style-src 'self'",
  "img-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");
const POLICY = `${WITHOUT_SCRIPT}; script-src 'self'; connect-src 'self'`;

/** Pages are not stored and not framed, and send no referrer to other sites. */
const HEADERS = {
  "Cache-Control": "no-store",
  "Referrer-Policy": "no-referrer",
  "X-Frame-Options": "DENY",
};

export const asPage: MiddlewareHandler<ConsoleEnv> = async (c, next) => {
  await next();
  // It is already in the log.
  if (c.error) c.res = await showFault(c, c.error);
  setPageHeaders(c);
};

export function setPageHeaders(c: Visit): void {
  for (const [name, value] of Object.entries(HEADERS)) c.header(name, value);
  c.header("Content-Security-Policy", isWithoutScript(c) ? WITHOUT_SCRIPT : POLICY);
}

function showFault(c: Visit, error: Error): Response | Promise<Response> {
  const code = c.res.status === 503 ? "key_store_unavailable" : "internal_error";
  return showRefusal(c, collisionOf(error) ?? { code });
}
