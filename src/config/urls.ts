/** Addresses in the configuration: they must be spelled as they will be compared. What is wrong with one, or `undefined`. */

export function problemOfBaseUrl(text: string): string | undefined {
  const url = URL.parse(text);
  if (!url) return "is not a URL; write scheme, host and optional path, for example https://api.example.com/v1";
  if (!isHttp(url)) return "is not an HTTP URL; begin it with https:// (or with http:// on a local machine)";
  if (url.search || url.hash || url.username || url.password) {
    return "has a query, fragment or user name; keep only scheme, host and optional path";
  }
  if (url.pathname.includes("//")) return "has an empty path segment; write single slashes";
  return problemOfSpelling(text, url.origin + url.pathname.replace(/\/$/, ""));
}

export function problemOfWebOrigin(text: string): string | undefined {
  const url = URL.parse(text);
  if (!url || !isHttp(url)) return "is not a web origin; write scheme and host, for example https://app.example.com";
  return problemOfSpelling(text, url.origin);
}

function isHttp(url: URL): boolean {
  return url.protocol === "https:" || url.protocol === "http:";
}

function problemOfSpelling(written: string, canonical: string): string | undefined {
  return written === canonical ? undefined : `is not in its normal form; write "${canonical}"`;
}
