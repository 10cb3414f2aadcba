/**
 * Other resources that a request names: the destination of WebDAV's COPY and MOVE, and the resources in `If`. Each is authorized
 * like the path of the request, and rewritten to the origin's address.
 */

import type { Gateway } from "../config/compile.ts";
import { type Route, routeOfMethod } from "../config/route-table.ts";
import { isRefusal, type Refusal } from "../errors.ts";
import type { CalledUrl } from "./bounds.ts";
import { type DataEndpoint, findEndpoint } from "./endpoint.ts";
import { formOf } from "./location.ts";
import { findRoute, type RouteMatch } from "./route.ts";
import { targetOf } from "./target.ts";

export interface OtherTargets {
  readonly targets: readonly OtherTarget[];
  /** The same fields as the origin gets them. */
  readonly fields: readonly (readonly [name: Field, value: string])[];
}

export interface OtherTarget {
  readonly field: Field;
  readonly url: CalledUrl;
  /** The route that it falls under, or what is wrong with it. */
  readonly match: RouteMatch | Refusal;
}

type Field = "Destination" | "If";

interface Naming {
  readonly request: Pick<Request, "method" | "headers">;
  readonly url: CalledUrl;
  readonly endpoint: DataEndpoint;
  readonly route: Route;
  /** Of the route. `baseFor`: where it is, for a request to this URL. */
  readonly origin: { baseFor(called: CalledUrl): string };
  readonly headerNames: readonly string[];
}

/** What is named is read once, when the caller is known. `undefined` for nearly every request: it names nothing. */
export function otherTargetsOf(naming: Naming, gateway: Gateway): (() => OtherTargets) | undefined {
  const { request, headerNames } = naming;
  const isCopyOrMove = request.method === "COPY" || request.method === "MOVE";
  const destination = isCopyOrMove && headerNames.includes("destination") ? request.headers.get("destination") : null;
  const condition = headerNames.includes("if") ? request.headers.get("if") : null;
  if (destination === null && condition === null) return undefined;
  let known: OtherTargets | undefined;
  return () => {
    known ??= readTargets(destination, condition, naming, gateway);
    return known;
  };
}

function readTargets(
  destination: string | null,
  condition: string | null,
  naming: Naming,
  gateway: Gateway,
): OtherTargets {
  // A path takes time to read, so all of a request's together may be as long as one.
  const room = naming.route.limits.urlBytes - naming.url.href.length;
  const parts = (destination ?? "").length + (condition ?? "").length <= room && partsOf(condition ?? "");
  if (!parts) {
    const field = condition === null ? "Destination" : "If";
    return { targets: refused(field, naming, "is too long, or is one of too many").targets, fields: [] };
  }
  const targets: OtherTarget[] = [];
  const fields: [Field, string][] = [];
  const read = (field: Field, reference: string): string => {
    const named = resolve(field, reference, naming, gateway);
    targets.push(...named.targets);
    return named.reference;
  };
  if (destination !== null) fields.push(["Destination", read("Destination", destination)]);
  if (condition !== null) fields.push(["If", parts.map((part, at) => (at % 2 ? read("If", part) : part)).join("")]);
  return { targets, fields };
}

interface Named {
  readonly targets: readonly OtherTarget[];
  /** As the origin knows it, in the same form. */
  readonly reference: string;
}

/** https://www.rfc-editor.org/rfc/rfc4918#section-8.3: an absolute URI or an absolute path. */
function resolve(field: Field, reference: string, naming: Naming, gateway: Gateway): Named {
  const { request, url: called, endpoint } = naming;
  const url = URL.parse(reference, called.href);
  const form = formOf(reference);
  if (!url || form === "relative") return refused(field, naming, "is neither an absolute URL nor an absolute path");
  const named = findEndpoint(url, gateway);
  if (isRefusal(named) || named.environment !== endpoint.environment) {
    return refused(field, naming, `is not below a base URL of ${endpoint.environment.name}`);
  }
  const match = findRoute(request.method, named.path, gateway.router);
  const targets: OtherTarget[] = [{ field, url, match }];
  if (field === "Destination" && !isRefusal(match)) {
    // What COPY and MOVE put there, PUT could have.
    const put = routeOfMethod(gateway.router.find(named.path)?.routes ?? [], "PUT");
    if (put && put !== match.route) targets.push({ field, url, match: { ...match, route: put } });
  }
  const origin = naming.origin.baseFor(called);
  const base = form === "rooted" ? new URL(origin).pathname.replace(/\/$/, "") : origin;
  const path = targetOf(base, named.path, url);
  // A path that begins with two slashes would be read as a host.
  return { targets, reference: path.startsWith("//") ? origin + path : path };
}

function refused(field: Field, { url }: Naming, problem: string): Named {
  return { targets: [{ field, url, match: { code: "target_forbidden", field, problem } }], reference: "" };
}

const TOKEN = /"(?:[^"\\]|\\.)*(?:"|\\?$)|<([^>]*)>?|[()]/g;
const MAX_TAGS = 100;
const MAX_TOKENS = 1_000;

/**
 * The value in parts, of which each second is a tag; `undefined` where there are too many. What stands in parentheses are states,
 * not resources: https://www.rfc-editor.org/rfc/rfc4918#section-10.4.2
 */
function partsOf(value: string): string[] | undefined {
  const parts: string[] = [];
  let isInList = false;
  let end = 0;
  let tokens = 0;
  for (const { 0: token, 1: tag, index } of value.matchAll(TOKEN)) {
    if (++tokens > MAX_TOKENS || parts.length > 2 * MAX_TAGS) return undefined;
    if (token === "(") isInList = true;
    else if (token === ")") isInList = false;
    else if (tag !== undefined && !isInList) {
      parts.push(value.slice(end, index + 1), tag);
      end = index + 1 + tag.length;
    }
  }
  return [...parts, value.slice(end)];
}
