/** Whether a browser sent a request for a page of the control plane itself. https://www.w3.org/TR/fetch-metadata/ */

/**
 * `Sec-Fetch-Site` decides, or `Origin` if it is missing. Neither can contradict the other. Pages with `Referrer-Policy: no-referrer` send
 * `Origin: null` with their forms, which says nothing. https://fetch.spec.whatwg.org/#append-a-request-origin-header
 * The request's own URL is below a base URL of the control plane, of which there can be several: each is a separate site.
 */
export function isSameSite({ headers, url }: Request): boolean {
  const site = headers.get("sec-fetch-site");
  const origin = headers.get("origin");
  const own = new URL(url).origin;
  if (site === null) return origin === own;
  return (site === "same-origin" || site === "none") && (origin === null || origin === "null" || origin === own);
}

/** A person can follow a link from another site, but a page of another site cannot load ours. */
export function mayRead({ headers }: Request): boolean {
  const site = headers.get("sec-fetch-site");
  return site === null || site === "same-origin" || site === "none" || headers.get("sec-fetch-mode") === "navigate";
}
