/** The request to the origin. Our own code over `fetch`: bytes, redirects and streams pass unchanged. */

import type { Gateway } from "../../config/compile.ts";
import type { HookContext } from "../../config/hooks.ts";
import type { Route } from "../../config/route-table.ts";
import { DeadlineError, within } from "../../deadline.ts";
import type { CalledUrl } from "../../decide/bounds.ts";
import type { DataEndpoint } from "../../decide/endpoint.ts";
import { hopsLeft } from "../../decide/hops.ts";
import type { Addressing } from "../../decide/location.ts";
import type { OtherTargets } from "../../decide/other-targets.ts";
import { type Principal, reachOf } from "../../decide/principal.ts";
import { allowedMethods } from "../../decide/route.ts";
import { targetOf } from "../../decide/target.ts";
import { dropOtherUpgrades, isBrokenUpgrade } from "../../decide/upgrade.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { ASSERTION_HEADER } from "../../origin/claims.ts";
import type { Watch } from "../admit/watch.ts";
import { withPublicAddresses } from "../answer/address-fields.ts";
import { relay } from "../answer/relay.ts";
import { isRebuildable } from "../answer/respond.ts";
import type { DataPlane } from "../data-plane.ts";
import { receivedProtocol, restoreAcceptEncoding } from "../edge.ts";
import { bytesOf } from "../length.ts";
import { exchange, unreachable } from "../origins/exchange.ts";
import type { Origin } from "../origins/origin.ts";
import type { Visit } from "../visit.ts";
import type { Assert } from "./assertion.ts";
import { afterOrigin, beforeOrigin } from "./hooks.ts";
import { setsReserved, strip } from "./strip.ts";
import { passTrace, traceIdOf } from "./trace.ts";
import { secondsToCome, type Upload, uploadOf } from "./upload.ts";

export interface Forwarding {
  readonly route: Route;
  readonly origin: Origin;
  /** `undefined` for a public route: the origin gets no identity. */
  readonly principal: Principal | undefined;
  /** `undefined` on public routes, and on those that do not watch. */
  readonly watch: Watch | undefined;
  readonly endpoint: DataEndpoint;
  /** Of the request's headers. */
  readonly headerNames: readonly string[];
  readonly others: (() => OtherTargets) | undefined;
}

export async function forward(
  forwarding: Forwarding,
  visit: Visit,
  plane: Pick<DataPlane, "gateway" | "assert" | "now" | "log">,
): Promise<Response | Refusal> {
  const { request, url, requestId, notes } = visit;
  const { route, origin, endpoint, principal, watch } = forwarding;
  const { assert, now, log } = plane;
  if (hopsLeft(request, forwarding.headerNames) === 0) return answerOptions(endpoint, plane.gateway);
  const upload = uploadOf(request, route, watch, now);
  if (isRefusal(upload)) return upload;
  const prepared = new Request(
    targetOf(origin.baseFor(url), endpoint.path, url),
    upload ? withBody(request, upload) : request,
  );
  setHeaders(prepared.headers, forwarding, visit);
  const seconds = route.timeoutSeconds + (upload ? 0 : secondsToCome(request));
  const outgoing = route.onRequest
    ? await whileArriving(
        beforeOrigin(prepared, route.onRequest, contextOf(forwarding, requestId)),
        request,
        upload,
        seconds,
      )
    : prepared;
  if (isRefusal(outgoing)) return outgoing;
  if (outgoing instanceof Response) return relay(outgoing, bytesOf(outgoing), route, watch, now);
  if (route.onRequest) notes.traceId = traceIdOf(outgoing.headers, requestId);
  if (forwarding.headerNames.includes("upgrade") || route.onRequest) dropOtherUpgrades(outgoing, request);
  const sign =
    principal && origin.assertion ? () => setAssertion(outgoing, principal, forwarding, requestId, assert) : undefined;
  const refusal = sign && (await (route.digest ? whileArriving(sign(), request, upload, seconds) : sign()));
  if (refusal) return (await upload?.broken()) ?? refusal;
  const sent = upload && isDropped(upload, prepared, outgoing) ? undefined : upload;
  const answer = await exchange(outgoing, origin, { seconds, upload: sent, principal, sign, watch }, visit, plane);
  if (isRefusal(answer)) return answer;
  if (isBrokenUpgrade(answer, outgoing)) {
    // It is not the origin's.
    notes.originStatus = undefined;
    const why = answer.status < 200 ? `it answered ${answer.status}` : "a WebSocket handshake failed";
    return unreachable(origin, why, requestId, log);
  }
  notes.responseBytes = bytesOf(answer);
  if (!isRebuildable(answer)) {
    if (!setsReserved(answer.headers, route.cors !== undefined)) return answer;
    return unreachable(origin, `a ${answer.status} has headers that only the gateway can set`, requestId, log);
  }
  const relayed = relay(answer, notes.responseBytes, route, watch, now);
  const passed =
    (route.rewriteLocation ?? origin.rewriteLocation)
      ? withPublicAddresses(relayed, () => addressingOf(outgoing.url, url, forwarding))
      : relayed;
  if (!route.onResponse) return passed;
  const changed = await afterOrigin(passed, route.onResponse, contextOf(forwarding, requestId));
  notes.responseBytes = bytesOf(changed);
  return changed;
}

/** As the last server that the request reaches. */
function answerOptions({ path }: DataEndpoint, { router }: Pick<Gateway, "router">): Response {
  const allow = allowedMethods(router.find(path)?.routes ?? []).join(", ");
  return new Response(null, { status: 204, headers: { Allow: allow } });
}

function contextOf({ endpoint, route, principal }: Forwarding, requestId: string): HookContext {
  const key = principal && {
    id: principal.subject,
    organizationId: principal.organization,
    ...(principal.member && { memberId: principal.member.id, role: principal.member.role }),
  };
  return { requestId, environment: endpoint.environment.name, route: route.path, key };
}

async function setAssertion(
  outgoing: Request,
  principal: Principal,
  { route, origin, endpoint: { environment } }: Forwarding,
  requestId: string,
  assert: Assert,
): Promise<Refusal | undefined> {
  const audience = origin.name;
  const assertion = await assert(outgoing, { principal, audience, digest: route.digest, environment, requestId });
  if (isRefusal(assertion)) return assertion;
  outgoing.headers.set(ASSERTION_HEADER, assertion);
  return undefined;
}

/** What reads a body fails if the body does not arrive. That is not its fault. `seconds`: for a body that is not watched. */
async function whileArriving<T>(
  work: Promise<T>,
  request: Request,
  upload: Upload | undefined,
  seconds: number,
): Promise<T | Refusal> {
  try {
    return await (request.body && !upload ? within(seconds * 1000, work) : work);
  } catch (error) {
    if (error instanceof DeadlineError) return { code: "request_timeout", seconds };
    const refusal = await upload?.broken();
    if (refusal) return refusal;
    if (request.signal.aborted) return { code: "request_broken_off" };
    throw error;
  }
}

/** Whether a hook put something else in the place of the body, which nobody reads then: the origin does not wait for its end. */
function isDropped({ body }: Upload, prepared: Request, outgoing: Request): boolean {
  return outgoing !== prepared && outgoing.body !== prepared.body && !prepared.bodyUsed && !body.locked;
}

/** The rest is as in a request that is created from another. */
function withBody({ method, headers, cf }: Request, { body }: Upload): RequestInit {
  return { method, headers, body, redirect: "manual", ...(cf && { cf: cf as RequestInitCfProperties }) };
}

function addressingOf(asked: string, called: CalledUrl, { origin, endpoint }: Forwarding): Addressing {
  const { usesForwardedPrefix } = origin;
  const base = new URL(origin.baseFor(called));
  return { asked, origin: base, called, prefix: endpoint.baseUrl.prefix, usesForwardedPrefix };
}

function setHeaders(
  headers: Headers,
  { route, principal, endpoint, headerNames, others }: Forwarding,
  { request, url, client, requestId, notes }: Visit,
): void {
  strip(headers, headerNames);
  for (const [name, value] of others?.().fields ?? []) if (headers.has(name)) headers.set(name, value);
  if (!route.forwardCredentials) headers.delete("authorization");
  restoreAcceptEncoding(headers, request);
  setIdentity(headers, principal, endpoint.environment.name);
  const scheme = url.protocol.slice(0, -1);
  headers.set("X-Request-Id", requestId);
  headers.set("X-Forwarded-Proto", scheme);
  headers.set("X-Forwarded-Host", url.host);
  if (endpoint.baseUrl.prefix) headers.set("X-Forwarded-Prefix", endpoint.baseUrl.prefix);
  if (client) headers.set("X-Forwarded-For", client);
  else headers.delete("CF-Connecting-IP");
  // https://www.rfc-editor.org/rfc/rfc7239#section-4
  const from = client.includes(":") ? `"[${client}]"` : client || "unknown";
  headers.set("Forwarded", `for=${from};host="${url.host}";proto=${scheme}`);
  headers.append("Via", `${receivedProtocol(request)} keygate`);
  const hops = hopsLeft(request, headerNames);
  if (hops !== undefined) headers.set("Max-Forwards", String(hops - 1));
  notes.traceId = passTrace(headers, headerNames, requestId);
}

function setIdentity(headers: Headers, principal: Principal | undefined, environment: string): void {
  headers.set("Keygate-Environment", environment);
  if (!principal) return;
  const { subject, organization, member, rights } = principal;
  headers.set("Keygate-Key-Id", subject);
  headers.set("Keygate-Organization-Id", organization);
  headers.set("Keygate-Reach", reachOf(rights));
  if (rights.workspaces) headers.set("Keygate-Workspace-Ids", [...rights.workspaces].sort().join(","));
  if (!member) return;
  headers.set("Keygate-Member-Id", member.id);
  headers.set("Keygate-Role", member.role);
}
