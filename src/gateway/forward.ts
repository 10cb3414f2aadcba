/** Step 8: the request as the origin gets it. Own code over `fetch`: bytes, redirects and streams pass as they are. */

import type { Route } from "../config/compile.ts";
import type { Refusal } from "../errors.ts";
import type { Principal } from "./authorize.ts";
import type { DataPlace } from "./environment.ts";
import { strip } from "./strip.ts";

export type OriginFetch = (request: Request, init: { signal: AbortSignal }) => Promise<Response>;

export interface Forwarding {
  readonly route: Route;
  /** `undefined` for a public route: the origin is told of nobody. */
  readonly principal: Principal | undefined;
  readonly place: DataPlace;
  readonly client: string;
  /** Ends in 32 random hexadecimal digits. */
  readonly requestId: string;
}

/** How long an origin may take until its answer begins. */
const ORIGIN_TIMEOUT_SECONDS = 30;

export async function forward(
  request: Request,
  url: URL,
  forwarding: Forwarding,
  originFetch: (route: Route, environment: string) => OriginFetch,
): Promise<Response | Refusal> {
  const environment = forwarding.place.environment.name;
  const outgoing = new Request(targetOf(url, forwarding, environment), request);
  setHeaders(outgoing.headers, url, forwarding, environment);
  const send = originFetch(forwarding.route, environment);
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), ORIGIN_TIMEOUT_SECONDS * 1000);
  try {
    return await send(outgoing, { signal: AbortSignal.any([request.signal, timeout.signal]) });
  } catch {
    if (timeout.signal.aborted) return { code: "origin_timeout", seconds: ORIGIN_TIMEOUT_SECONDS };
    return { code: "origin_unreachable" };
  } finally {
    clearTimeout(timer);
  }
}

/** Concatenated, never resolved: a path such as `//evil.example` stays a path. */
function targetOf(url: URL, { route, place }: Forwarding, environment: string): string {
  const origin = route.origins[environment];
  const base = origin && "url" in origin ? origin.url : url.origin;
  return `${base}${place.path}${url.search}`;
}

function setHeaders(headers: Headers, url: URL, forwarding: Forwarding, environment: string): void {
  const { route, principal, place, client, requestId } = forwarding;
  strip(headers);
  if (!route.forwardCredentials) headers.delete("authorization");
  for (const [name, value] of identityHeaders(principal, environment)) headers.set(name, value);
  const scheme = url.protocol.slice(0, -1);
  headers.set("X-Request-Id", requestId);
  headers.set("X-Forwarded-Proto", scheme);
  headers.set("X-Forwarded-Host", url.host);
  if (place.baseUrl.prefix) headers.set("X-Forwarded-Prefix", place.baseUrl.prefix);
  if (client) headers.set("X-Forwarded-For", client);
  // https://www.rfc-editor.org/rfc/rfc7239#section-4
  const from = client.includes(":") ? `"[${client}]"` : client || "unknown";
  headers.set("Forwarded", `for=${from};host="${url.host}";proto=${scheme}`);
  headers.append("Via", "1.1 keygate");
  headers.set("traceparent", continuedTrace(headers.get("traceparent"), requestId));
}

function identityHeaders(principal: Principal | undefined, environment: string): [string, string][] {
  const headers: [string, string][] = [["Keygate-Environment", environment]];
  if (!principal) return headers;
  const { key, rights } = principal;
  headers.push(
    ["Keygate-Key-Id", key.id],
    ["Keygate-Organization-Id", key.organization.id],
    ["Keygate-Reach", key.reach],
  );
  if (rights.workspaces) headers.push(["Keygate-Workspace-Ids", [...rights.workspaces].sort().join(",")]);
  if (key.member) headers.push(["Keygate-Member-Id", key.member.id], ["Keygate-Role", key.member.role]);
  return headers;
}

/** https://www.w3.org/TR/trace-context/#traceparent-header: the client's trace goes on with us as the parent, or begins here. */
function continuedTrace(traceparent: string | null, requestId: string): string {
  const given = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/.exec(traceparent ?? "");
  const random = requestId.slice(-32);
  return `00-${given?.[1] ?? random}-${random.slice(16)}-${given?.[2] ?? "00"}`;
}
