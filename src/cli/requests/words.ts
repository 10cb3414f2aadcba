/** Finished requests for people. */

import { grouped, record, second, shorten, table } from "../terminal/render.ts";

export interface Request {
  id: string;
  at: string;
  environment: string | null;
  method: string;
  route: string;
  path: string | null;
  status: number;
  reason: string | null;
  reason_members: Record<string, string | number | string[]>;
  organization_id: string | null;
  key_id: string | null;
  client_address: string | null;
  trace_id: string;
  origin: string | null;
  origin_status: number | null;
  gateway_ms: number;
  origin_ms: number | null;
  alike: number;
}

export function inWords(request: Request): string {
  const { at, environment, status, reason, reason_members, origin, origin_status, gateway_ms, origin_ms, alike } =
    request;
  return record([
    ["Id", request.id],
    ["Time", second(at)],
    ["Request", `${request.method} ${request.path ?? (request.route || "no route")}`],
    ["Route", request.path === null ? undefined : request.route],
    ["Environment", environment],
    ["Answer", [status, reason].filter(Boolean).join(" ")],
    ...Object.entries(reason_members).map(([name, value]) => [sentence(name), memberInWords(value)] as const),
    ["Key", request.key_id],
    ["Organization", request.organization_id],
    ["Client", request.client_address],
    ["Origin", origin && [origin, origin_status].filter(Boolean).join(", answered ")],
    ["Time taken", `${gateway_ms} ms in the gateway${origin_ms === null ? "" : `, ${origin_ms} ms at the origin`}`],
    ["Trace", request.trace_id],
    ["Similar", `${grouped(alike)} in that hour, with the same route and outcome`],
  ]);
}

/** As wide as the id below it. */
const MAX_REQUEST = 36;

export function asTable(requests: readonly Request[]): string {
  if (requests.length === 0) return "No requests match.";
  return table(
    ["When, id", "Request, key", "Answer"],
    requests.map(({ at, id, method, route, path, status, reason, key_id, origin }) => [
      [second(at), id],
      [shorten(`${method} ${path ?? (route || "no route")}`, MAX_REQUEST), key_id ?? "no known key"],
      reason ? `${status} ${reason}` : `${status}${origin ? ` from ${origin}` : ""}`,
    ]),
  );
}

function sentence(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function memberInWords(value: string | number | readonly string[]): string {
  return Array.isArray(value) ? value.join(", ") : String(value);
}
