/** Step 2: what a client must not be able to say to an origin. Once, before anything of ours is added. */

/** https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1, and what clients still send. */
const HOP_BY_HOP = ["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"];

/** Said by us, or a way to make an origin see another request than the one that was authorized. */
const FORGEABLE = new Set([
  ...HOP_BY_HOP.filter((name) => name !== "upgrade"),
  "expect",
  "forwarded",
  "x-real-ip",
  "x-request-id",
  "x-original-url",
  "x-original-host",
  "x-rewrite-url",
  "x-http-method",
  "x-http-method-override",
  "x-method-override",
  "cloudflare-workers-version-overrides",
  "x-middleware-subrequest",
]);

const FORGEABLE_PREFIXES = ["keygate-", "x-keygate-", "proxy-", "x-forwarded-"];

/** Removes them from `headers`, which are those of the request that will be forwarded. */
export function strip(headers: Headers): void {
  const named = namedByConnection(headers.get("connection"));
  for (const name of [...headers.keys()]) {
    if (isReserved(name) || named.has(name)) headers.delete(name);
  }
}

/** Origins often read `X_Name` as `X-Name`, so both spellings are one name here. */
export function plainName(name: string): string {
  return name.toLowerCase().replaceAll("_", "-");
}

export function isReserved(name: string): boolean {
  const plain = plainName(name);
  return FORGEABLE.has(plain) || FORGEABLE_PREFIXES.some((prefix) => plain.startsWith(prefix));
}

/** What a response of an origin must not say: it is between us and the origin, or ours to say. */
export function stripResponse(headers: Headers): void {
  for (const name of [...headers.keys()]) {
    if (name.startsWith("keygate-") || name.startsWith("ratelimit") || name === "proxy-authenticate")
      headers.delete(name);
  }
}

/** https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1: what Connection names is for this hop only. WebSocket needs its upgrade. */
function namedByConnection(value: string | null): Set<string> {
  const names = (value ?? "")
    .toLowerCase()
    .split(",")
    .map((name) => name.trim());
  return new Set(names.filter((name) => name !== "" && name !== "upgrade"));
}
