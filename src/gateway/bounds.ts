/** How much of a request is taken: the runtime itself would take far more than an origin can use. */

import type { Refusal } from "../errors.ts";

const MAX_URL_BYTES = 16 * 1024;
const MAX_HEADER_BYTES = 64 * 1024;
const MAX_HEADER_COUNT = 200;
/** https://developers.cloudflare.com/workers/platform/limits/#request-limits: the least that any plan takes. */
const MAX_BODY_BYTES = 100 * 1024 * 1024;

export function checkBounds(request: Request): Refusal | undefined {
  if (request.url.length > MAX_URL_BYTES) return { code: "url_too_long", limit: MAX_URL_BYTES };
  if (Number(request.headers.get("content-length") ?? 0) > MAX_BODY_BYTES)
    return { code: "body_too_large", limit: MAX_BODY_BYTES };
  let bytes = 0;
  let count = 0;
  request.headers.forEach((value, name) => {
    count += 1;
    // An overlong Authorization is no header problem but a credential that cannot be right; it is told so.
    if (name !== "authorization") bytes += name.length + value.length;
  });
  if (count > MAX_HEADER_COUNT) return { code: "headers_too_large", limit: `${MAX_HEADER_COUNT} fields` };
  if (bytes > MAX_HEADER_BYTES) return { code: "headers_too_large", limit: `${MAX_HEADER_BYTES} bytes` };
  return undefined;
}
