/** How large a request can be: the runtime itself accepts far more than an origin can use. */

import { DEFAULT_LIMITS, type InputLimits } from "../config/schema.ts";
import { isRefusal, type Refusal } from "../errors.ts";

/** The URL that a client called. */
export type CalledUrl = Readonly<Pick<URL, "href" | "origin" | "protocol" | "host" | "pathname" | "search">>;

/** For a URL that cannot be parsed, such as `OPTIONS *` or a malformed Host: it has no base URL. */
export const NOWHERE: CalledUrl = new URL("http://unknown.invalid/");

/** Before anything else reads the URL. `urlBytes`: as many as any route takes. */
export function readUrl(text: string, { urlBytes }: Pick<InputLimits, "urlBytes">): CalledUrl | Refusal {
  if (text.length > urlBytes) return { code: "url_too_long", limit: urlBytes };
  const url = URL.parse(text);
  if (!url) return NOWHERE;
  // Each getter is a call of the runtime, so each is called once.
  const { href, protocol, host, pathname, search } = url;
  const called = { href, origin: `${protocol}//${host}`, protocol, host, pathname, search };
  return lengthRefusal(called, urlBytes) ?? called;
}

/** The names of the request's headers, which are read this once; or what there is too much of. */
export function checkBounds(
  url: CalledUrl,
  headers: Headers,
  { urlBytes, headerCount, headerBytes, bodyBytes }: InputLimits = DEFAULT_LIMITS,
): readonly string[] | Refusal {
  const tooLong = lengthRefusal(url, urlBytes);
  if (tooLong) return tooLong;
  const names: string[] = [];
  let bytes = 0;
  let isBodyTooLarge = false;
  // An iterator would be several calls of the runtime for each header.
  headers.forEach((value, name) => {
    names.push(name);
    if (name === "content-length") isBodyTooLarge = Number(value) > bodyBytes;
    // A too long Authorization is not a header problem but an invalid credential, and gets that error.
    if (name !== "authorization") bytes += name.length + value.length;
  });
  if (names.length > headerCount) return { code: "headers_too_large", limit: `${headerCount} fields` };
  if (isBodyTooLarge) return { code: "body_too_large", limit: bodyBytes };
  if (bytes > headerBytes) return { code: "headers_too_large", limit: `${headerBytes} bytes` };
  return names;
}

/** For the control plane, whose router decodes the URL and does so again for each part that is not UTF-8. */
export function checkControlRequest(url: CalledUrl, headers: Headers): Refusal | undefined {
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
function lengthRefusal({ href }: CalledUrl, limit: number): Refusal | undefined {
  return href.length > limit ? { code: "url_too_long", limit } : undefined;
}
