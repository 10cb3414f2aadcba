/** How large a request can be: the runtime itself accepts far more than an origin can use. */

import { DEFAULT_LIMITS, type InputLimits } from "../config/schema.ts";
import { isRefusal, type Refusal } from "../errors.ts";

/** For a URL that cannot be parsed, such as `OPTIONS *` or a malformed Host: it has no base URL. */
export const NOWHERE = new URL("http://unknown.invalid/");

/** Before anything else reads the URL. `urlBytes`: as many as any route takes. */
export function readUrl(text: string, { urlBytes }: Pick<InputLimits, "urlBytes">): URL | Refusal {
  if (text.length > urlBytes) return { code: "url_too_long", limit: urlBytes };
  const url = URL.parse(text) ?? NOWHERE;
  return lengthRefusal(url, urlBytes) ?? url;
}

/** The names of the request's headers, which are read this once; or what there is too much of. */
export function checkBounds(
  url: URL,
  headers: Headers,
  { urlBytes, headerCount, headerBytes, bodyBytes }: InputLimits = DEFAULT_LIMITS,
): readonly string[] | Refusal {
  const tooLong = lengthRefusal(url, urlBytes);
  if (tooLong) return tooLong;
  const names: string[] = [];
  let bytes = 0;
  for (const [name, value] of headers) {
    names.push(name);
    if (names.length > headerCount) return { code: "headers_too_large", limit: `${headerCount} fields` };
    if (name === "content-length" && Number(value) > bodyBytes) return { code: "body_too_large", limit: bodyBytes };
    // A too long Authorization is not a header problem but an invalid credential, and gets that error.
    if (name !== "authorization") bytes += name.length + value.length;
  }
  if (bytes > headerBytes) return { code: "headers_too_large", limit: `${headerBytes} bytes` };
  return names;
}

/** For the control plane, whose router decodes the URL and does so again for each part that is not UTF-8. */
export function checkControlRequest(url: URL, headers: Headers): Refusal | undefined {
  const bounds = checkBounds(url, headers);
  if (isRefusal(bounds)) return bounds;
  try {
    decodeURIComponent(url.pathname + url.search);
    return undefined;
  } catch {
    return { code: "request_invalid", problem: "The URL contains percent-encoding that is not UTF-8." };
  }
}

/** In the form that is matched and forwarded, in which some characters take three bytes. */
function lengthRefusal({ href }: URL, limit: number): Refusal | undefined {
  return href.length > limit ? { code: "url_too_long", limit } : undefined;
}
