/** Whether a browser sent a request for a page of the control plane itself. https://www.w3.org/TR/fetch-metadata/ */

/**
 * `Sec-Fetch-Site` tells, and `Origin` where it is missing; neither may deny it. Pages with `Referrer-Policy: no-referrer` send
 * `Origin: null` with their forms, which says nothing. https://fetch.spec.whatwg.org/#append-a-request-origin-header
 */
export function isSameSite({ headers }: Request, controlUrl: string): boolean {
  const site = headers.get("sec-fetch-site");
  const origin = headers.get("origin");
  const own = new URL(controlUrl).origin;
  if (site === null) return origin === own;
  return (site === "same-origin" || site === "none") && (origin === null || origin === "null" || origin === own);
}

/** Reading harms nobody where a person followed a link, and what a page of another site loads is not for it to see. */
export function mayRead({ headers }: Request): boolean {
  const site = headers.get("sec-fetch-site");
  return site === null || site === "same-origin" || site === "none" || headers.get("sec-fetch-mode") === "navigate";
}
