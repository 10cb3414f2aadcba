/** How much of a request is taken: the runtime itself would take far more than an origin can use. */

import { DEFAULT_LIMITS, type InputLimits } from "../config/schema.ts";
import type { Refusal } from "../errors.ts";

/** The names of the request's headers, which are read this once; or what there is too much of. */
export function checkBounds(
  { url, headers }: Pick<Request, "url" | "headers">,
  limits: InputLimits = DEFAULT_LIMITS,
): readonly string[] | Refusal {
  if (url.length > limits.urlBytes) return { code: "url_too_long", limit: limits.urlBytes };
  const names: string[] = [];
  let bytes = 0;
  let bodyBytes = 0;
  headers.forEach((value, name) => {
    names.push(name);
    if (name === "content-length") bodyBytes = Number(value);
    // An overlong Authorization is no header problem but a credential that cannot be right; it is told so.
    if (name !== "authorization") bytes += name.length + value.length;
  });
  const { bodyBytes: maxBodyBytes, headerCount, headerBytes } = limits;
  if (bodyBytes > maxBodyBytes) return { code: "body_too_large", limit: maxBodyBytes };
  if (names.length > headerCount) return { code: "headers_too_large", limit: `${headerCount} fields` };
  if (bytes > headerBytes) return { code: "headers_too_large", limit: `${headerBytes} bytes` };
  return names;
}
