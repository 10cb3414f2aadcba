/** Names of request headers that a client must not be able to set for an origin. */

/** https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1, and what clients still send. */
const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
];

/** Said by us, or a way to make an origin see another request than the one that was authorized. */
const FORGEABLE = new Set([
  ...HOP_BY_HOP.filter((name) => name !== "upgrade"),
  "expect",
  "forwarded",
  "x-real-ip",
  "x-client-ip",
  "x-cluster-client-ip",
  "true-client-ip",
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

/** Origins often read `X_Name` or `X.Name` as `X-Name`, so all these spellings are one name here. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "-");
}

export function isReserved(name: string): boolean {
  const plain = plainName(name);
  return FORGEABLE.has(plain) || FORGEABLE_PREFIXES.some((prefix) => plain.startsWith(prefix));
}
