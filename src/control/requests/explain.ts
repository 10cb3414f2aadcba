/** A finished request explained: what was decided then, what would be decided now, and what to change. */

import type { Gateway } from "../../config/compile.ts";
import { type Route, routeOfMethod } from "../../config/route-table.ts";
import { findRoute } from "../../decide/route.ts";
import { isAddress } from "../../domain/address.ts";
import type { FoundRequest } from "../../domain/kept-request.ts";
import { type Code, isRefusal, type Refusal } from "../../errors.ts";
import { readKey } from "../../store/keys.ts";
import type { Caller, Control } from "../control.ts";
import { explain } from "../explain/explain.ts";
import type { Decision, Explanation } from "../explain/explanation.ts";
import { urlOfWhole } from "../explain/path.ts";
import type { Question } from "../explain/request.ts";
import { advise } from "./advise.ts";
import { findRequest } from "./find.ts";
import { decisionThen } from "./recall.ts";

export interface ExplainedPast {
  readonly request: FoundRequest;
  readonly decided: Decision;
  /** `null` if that cannot be known from what is kept. */
  readonly now: Explanation | null;
  /** What `now` takes for granted, or why there is none. */
  readonly assumed: string;
  /** Sentences. */
  readonly change: readonly string[];
}

export async function explainRequest(control: Control, caller: Caller, id: string): Promise<ExplainedPast | Refusal> {
  const request = await findRequest(control, caller, id);
  if (isRefusal(request)) return request;
  const decided = decisionThen(request);
  const { now, assumed } = await decideNow(control, caller, request);
  if (isRefusal(now)) return now;
  return { request, decided, now, assumed, change: advise(request, decided, now) };
}

interface Now {
  readonly now: Explanation | Refusal | null;
  readonly assumed: string;
}

async function decideNow(control: Control, caller: Caller, request: FoundRequest): Promise<Now> {
  const unknown = whyUnknown(request);
  if (unknown !== undefined) return { now: null, assumed: unknown };
  const keyId = request.keyId as string;
  if (!(await readKey(control.db, keyId))) return { now: null, assumed: "The key was deleted." };
  const asked = questionOf(request, control.gateway);
  if (!asked) return { now: null, assumed: "The configuration no longer has the route." };
  const now = await explain(control, caller, { ...asked, keyId, clientAddress: addressOf(request) });
  const call = `${asked.method} ${asked.url}`;
  const isExample = request.path === null;
  return {
    now,
    assumed: isExample ? `Checked with an example, ${call}: the real path is not stored.` : `For ${call}.`,
  };
}

/** `undefined` if enough was kept to decide again. */
function whyUnknown(request: FoundRequest): string | undefined {
  const { keyId, reason, members } = request;
  if (reason !== null && ABOUT_THE_REQUEST.has(reason as Code)) {
    return "This depends on the request itself, which was not kept.";
  }
  if (keyId === null) return "No key of the request is known.";
  if (reason === "workspace_forbidden" && members.workspace === undefined) return "The workspace was not kept.";
  return reason === "address_forbidden" && addressOf(request) === undefined
    ? "The client's address was not kept."
    : undefined;
}

/** Refusals for something that only the request itself can show. */
const ABOUT_THE_REQUEST: ReadonlySet<Code> = new Set<Code>([
  ...(["https_required", "credentials_missing", "credentials_malformed", "credentials_repeated"] as const),
  ...(["credentials_in_url", "key_unknown", "path_ambiguous", "target_forbidden", "query_ambiguous"] as const),
  ...(["url_too_long", "headers_too_large", "body_too_large", "length_required", "workspace_repeated"] as const),
  ...(["websocket_handshake_invalid", "request_broken_off", "request_timeout", "no_such_route"] as const),
  ...(["method_not_allowed", "unknown_host", "lookup_budget_spent"] as const),
]);

function questionOf(request: FoundRequest, gateway: Gateway): Question | undefined {
  const { environment, method, members, path } = request;
  const base = environment === null ? undefined : gateway.environments[environment]?.url;
  const route = routeOf(request, gateway);
  if (environment === null || base === undefined || !route) return undefined;
  const named = typeof members.workspace === "string" ? members.workspace : undefined;
  const { workspace } = route;
  // A path is kept whole.
  const called = path === null ? undefined : urlOfWhole({ path, environment }, gateway);
  const url = new URL(called ?? `${base}${path ?? samplePath(route, named)}`);
  if (named !== undefined && workspace && "query" in workspace) url.searchParams.set(workspace.query, named);
  const headers = named !== undefined && workspace && "header" in workspace ? { [workspace.header]: named } : undefined;
  return { method, url: url.href, headers };
}

/** As it is configured now, if it is still what such a request would meet. */
function routeOf({ route: path, method }: FoundRequest, { routes, router }: Gateway): Route | undefined {
  const route = routeOfMethod(
    routes.filter((route) => route.path === path),
    method,
  );
  const found = route && findRoute(method, samplePath(route, undefined), router);
  return found && !isRefusal(found) && found.route === route ? route : undefined;
}

/** The path with words in its blanks. */
function samplePath({ path, workspace }: Route, named: string | undefined): string {
  const ofWorkspace = workspace && "param" in workspace ? workspace.param : undefined;
  return path
    .split("/")
    .map((segment) => {
      if (segment === "*") return "example";
      if (!segment.startsWith(":")) return segment;
      return segment.slice(1) === ofWorkspace && named !== undefined ? named : segment.slice(1);
    })
    .join("/");
}

/** A truncated one is the address of nobody. */
function addressOf({ clientAddress }: FoundRequest): string | undefined {
  return clientAddress !== null && isAddress(clientAddress) ? clientAddress : undefined;
}
