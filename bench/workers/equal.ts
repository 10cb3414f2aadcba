/**
 * What Keygate does to a request and a response, written by hand, and no decision: the same headers read, removed and set,
 * the same timer and signals, the same answer rebuilt, the same line logged. The bench refuses to run while what this
 * sends, answers or logs is not of the names and sizes that Keygate's is.
 */

const RESERVED = new Set([
  ...["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "expect", "forwarded"],
  ...["x-real-ip", "x-request-id", "x-original-url", "x-original-host", "x-rewrite-url", "x-http-method"],
  ...["x-http-method-override", "x-method-override", "cloudflare-workers-version-overrides"],
  "x-middleware-subrequest",
]);
const RESERVED_PREFIXES = ["keygate-", "x-keygate-", "proxy-", "x-forwarded-"];
const BASE_PATH = "/production";
const KEY_ID = "key_0123456789abcdef0123456789abcdef";
const ORGANIZATION_ID = "org_0123456789abcdef0123456789abcdef";
const ORIGIN_TIMEOUT_MS = 30_000;

type Origin = { fetch: typeof fetch };

export default {
  async fetch(request: Request, { ORIGIN }: { ORIGIN: Origin }): Promise<Response> {
    const begunAt = Date.now();
    const url = new URL(request.url);
    const requestId = `req_${hexId()}`;
    const outgoing = new Request(`${url.origin}${url.pathname.slice(BASE_PATH.length)}${url.search}`, request);
    const names: string[] = [];
    request.headers.forEach((_, name) => {
      names.push(name);
    });
    rewrite(outgoing.headers, names, url, requestId);
    const sentAt = Date.now();
    const answer = await fetchInTime(ORIGIN, outgoing, request.signal);
    const originMs = Date.now() - sentAt;
    const response = new Response(answer.body, answer);
    addOwnHeaders(response.headers, requestId);
    log(request, answer, response, { requestId, begunAt, originMs, gatewayMs: Date.now() - begunAt - originMs });
    return response;
  },
};

function rewrite(headers: Headers, names: readonly string[], url: URL, requestId: string): void {
  const named = names.includes("connection") ? (headers.get("connection") ?? "").toLowerCase() : "";
  for (const name of names) {
    const plain = name.replaceAll("_", "-");
    const reserved = RESERVED.has(plain) || RESERVED_PREFIXES.some((prefix) => plain.startsWith(prefix));
    if (reserved || (named.includes(name) && name !== "upgrade")) headers.delete(name);
  }
  headers.delete("authorization");
  headers.set("Keygate-Environment", "production");
  headers.set("Keygate-Key-Id", KEY_ID);
  headers.set("Keygate-Organization-Id", ORGANIZATION_ID);
  headers.set("Keygate-Reach", "organization");
  const client = headers.get("cf-connecting-ip") || "unknown";
  headers.set("X-Request-Id", requestId);
  headers.set("X-Forwarded-Proto", "http");
  headers.set("X-Forwarded-Host", url.host);
  headers.set("X-Forwarded-Prefix", BASE_PATH);
  headers.set("Forwarded", `for=${client};host="${url.host}";proto=http`);
  headers.append("Via", "1.1 keygate");
  headers.set("traceparent", headers.get("traceparent") ?? `00-${requestId.slice(-32)}-${hexId().slice(0, 16)}-00`);
}

async function fetchInTime(origin: Origin, outgoing: Request, left: AbortSignal): Promise<Response> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), ORIGIN_TIMEOUT_MS);
  try {
    const signal = AbortSignal.any([left, timeout.signal]);
    return await origin.fetch(outgoing, { signal, encodeResponseBody: "manual" } as RequestInit);
  } finally {
    clearTimeout(timer);
  }
}

function addOwnHeaders(headers: Headers, requestId: string): void {
  const unsafe: string[] = [];
  headers.forEach((value, name) => {
    if (name.startsWith("keygate-") || name.startsWith("ratelimit") || name.startsWith("proxy-")) unsafe.push(name);
    else if (name === "connection" && !/^(keep-alive|close)$/i.test(value)) unsafe.push(...value.split(","));
  });
  for (const name of unsafe) headers.delete(name);
  headers.set("X-Request-Id", requestId);
  headers.set("RateLimit-Policy", '"second";q=10000;w=1');
  headers.set("RateLimit", '"second";r=9999;t=1');
}

interface Known {
  readonly requestId: string;
  readonly begunAt: number;
  readonly originMs: number;
  readonly gatewayMs: number;
}

function log(
  { method, body }: Request,
  answer: Response,
  { status }: Response,
  { requestId, begunAt, originMs, gatewayMs }: Known,
): void {
  console.log(
    JSON.stringify({
      version: 1,
      kind: "request",
      level: "info",
      time: begunAt,
      request_id: requestId,
      trace_id: requestId.slice(-32),
      decision: "forwarded",
      reason: undefined,
      status,
      environment: "production",
      method,
      route: "/signatures/*",
      key_id: KEY_ID,
      organization_id: ORGANIZATION_ID,
      found_in: "memory",
      lease: "held",
      lease_kind: "tokens",
      origin: "main",
      origin_status: answer.status,
      origin_ms: originMs,
      gateway_ms: gatewayMs,
      request_bytes: body === null ? 0 : null,
      response_bytes: Number(answer.headers.get("content-length")),
    }),
  );
}

function hexId(): string {
  return crypto.randomUUID().replaceAll("-", "");
}
