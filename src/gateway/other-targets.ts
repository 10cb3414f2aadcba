/**
 * The resources beside its own that a request names: where WebDAV's COPY and MOVE put something, and those whose state `If` asks for.
 * Each has to be authorized as the request's own, and the origin has to know it by its own address.
 */

import type { Gateway, Route } from "../config/compile.ts";
import { isRefusal, type Refusal } from "../errors.ts";
import { type DataPlace, findEnvironment } from "./environment.ts";
import { formOf } from "./location.ts";
import { findRoute, type RouteMatch } from "./route.ts";
import { baseOf } from "./target.ts";

export interface OtherTargets {
  readonly targets: readonly OtherTarget[];
  /** The same fields as the origin gets them. */
  readonly fields: readonly (readonly [name: Field, value: string])[];
}

export interface OtherTarget {
  readonly field: Field;
  readonly url: URL;
  /** The route that it falls under, or what is wrong with it. */
  readonly match: RouteMatch | Refusal;
}

type Field = "Destination" | "If";

interface Naming {
  readonly request: Pick<Request, "method" | "headers">;
  readonly url: URL;
  readonly place: DataPlace;
  readonly route: Route;
  readonly headerNames: readonly string[];
}

/** Each is read before the caller is known. */
const MAX_REFERENCES = 100;

/** `undefined` for nearly every request: it names none. */
export function otherTargetsOf(naming: Naming, gateway: Gateway): OtherTargets | undefined {
  const { request, headerNames, route } = naming;
  const isCopyOrMove = request.method === "COPY" || request.method === "MOVE";
  const destination = isCopyOrMove && headerNames.includes("destination") ? request.headers.get("destination") : null;
  const condition = headerNames.includes("if") ? request.headers.get("if") : null;
  if (destination === null && condition === null) return undefined;
  const targets: OtherTarget[] = [];
  const fields: [Field, string][] = [];
  let bytes = 0;
  let count = 0;
  const read = (field: Field, reference: string): string => {
    bytes += reference.length;
    const isTooMuch = ++count > MAX_REFERENCES || bytes > route.limits.urlBytes;
    const named = isTooMuch
      ? refused(field, naming, "is too long, or one too many")
      : resolve(field, reference, naming, gateway);
    targets.push(...named.targets);
    return named.reference;
  };
  if (destination !== null) fields.push(["Destination", read("Destination", destination)]);
  if (condition !== null) fields.push(["If", withTags(condition, (tag) => read("If", tag))]);
  return { targets, fields };
}

interface Named {
  readonly targets: readonly OtherTarget[];
  /** As the origin knows it, in the same form. */
  readonly reference: string;
}

/** https://www.rfc-editor.org/rfc/rfc4918#section-8.3: an absolute URI or an absolute path. */
function resolve(field: Field, reference: string, naming: Naming, gateway: Gateway): Named {
  const { request, url: called, place, route } = naming;
  const url = URL.parse(reference, called);
  const form = formOf(reference);
  if (!url || form === "relative") return refused(field, naming, "is neither an absolute URL nor an absolute path");
  const named = findEnvironment(url, gateway);
  if (isRefusal(named) || named.environment !== place.environment) {
    return refused(field, naming, `is not below a base URL of ${place.environment.name}`);
  }
  const match = findRoute(request.method, named.path, gateway.router);
  const targets: OtherTarget[] = [{ field, url, match }];
  if (field === "Destination" && !isRefusal(match)) {
    // What COPY and MOVE put there, PUT could have.
    const put = findRoute("PUT", named.path, gateway.router);
    if (!isRefusal(put) && put.route !== match.route) targets.push({ field, url, match: put });
  }
  const origin = baseOf(called, route, place.environment.name);
  const base = form === "rooted" ? new URL(origin).pathname.replace(/\/$/, "") : origin;
  const path = `${base}${named.path}${url.search}`;
  // A path that begins with two slashes would be read as a host.
  return { targets, reference: path.startsWith("//") ? origin + path : path };
}

function refused(field: Field, { url }: Naming, problem: string): Named {
  return { targets: [{ field, url, match: { code: "target_forbidden", field, problem } }], reference: "" };
}

/** What stands in parentheses are states, not resources: https://www.rfc-editor.org/rfc/rfc4918#section-10.4.2 */
function withTags(value: string, replaced: (tag: string) => string): string {
  let isInList = false;
  return value.replace(/"(?:[^"\\]|\\.)*(?:"|\\?$)|<([^>]*)>?|[()]/g, (token, tag?: string) => {
    if (token === "(") isInList = true;
    else if (token === ")") isInList = false;
    else if (tag !== undefined && !isInList) return `<${replaced(tag)}>`;
    return token;
  });
}
