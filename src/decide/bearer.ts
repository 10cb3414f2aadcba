/** The Bearer token of a request. No part of it is ever echoed. */

import type { Refusal } from "../errors.ts";

/** `undefined` if the request has no Authorization header. */
export function readBearer(headers: Headers): string | Refusal | undefined {
  const authorization = headers.get("authorization");
  if (authorization === null || authorization === "") return undefined;
  if (authorization.includes(",") && isBearerAmongOthers(authorization)) return { code: "credentials_repeated" };
  return tokenIn(authorization);
}

/**
 * Two header lines arrive as one, joined by a comma. No Bearer token has a comma (RFC 6750 §2.1), but the parameters of other
 * schemes are separated by commas, and have them in quoted strings: https://www.rfc-editor.org/rfc/rfc9110#section-11.4
 */
function isBearerAmongOthers(authorization: string): boolean {
  const unquoted = authorization.replace(/"(?:[^"\\]|\\.)*"?/g, "");
  return unquoted.includes(",") && /(^|,)\s*bearer(?=[\s,]|$)/i.test(unquoted);
}

/** https://www.rfc-editor.org/rfc/rfc6750#section-2.1, with exactly one space; the scheme is case-insensitive (RFC 9110 §11.1). */
function tokenIn(authorization: string): string | Refusal {
  const malformed = (problem: string): Refusal => ({ code: "credentials_malformed", problem });
  const scheme = /^[^ \t]*/.exec(authorization)?.[0] ?? "";
  if (scheme.toLowerCase() !== "bearer") return malformed("it does not begin with the scheme Bearer");
  const rest = authorization.slice(scheme.length);
  if (rest === "" || rest === " ") return malformed("no key follows the scheme Bearer");
  if (rest.startsWith("\t")) return malformed("there is a tab instead of a space between Bearer and the key");
  if (/^ [ \t]/.test(rest)) return malformed("there is more than one space between Bearer and the key");
  const token = rest.slice(1);
  if (/\s/.test(token)) return malformed("there is white space inside or after the key");
  return token;
}
