/** What an origin gets with each request beside the request: its own headers, such as a credential of the gateway's. */

import { plainName } from "../../domain/header-names.ts";
import type { OriginFetch } from "../forward/forward.ts";

export type OriginHeaders = readonly (readonly [name: string, value: string])[];

/** What a client says under one of these names, in any spelling, does not get through. */
export function withHeaders(send: OriginFetch, headers: OriginHeaders): OriginFetch {
  if (headers.length === 0) return send;
  const plain = new Set(headers.map(([name]) => plainName(name)));
  return (request, init) => {
    for (const name of [...request.headers.keys()]) if (plain.has(plainName(name))) request.headers.delete(name);
    for (const [name, value] of headers) request.headers.set(name, value);
    return send(request, init);
  };
}

/** Throws where a secret is missing: a gateway that cannot show who it is must not begin. */
export function resolveHeaders(
  headers: Readonly<Record<string, string | { readonly secret: string }>>,
  secrets: (name: string) => unknown,
): OriginHeaders {
  return Object.entries(headers).map(([name, value]) => {
    if (typeof value === "string") return [name, value];
    const secret = secrets(value.secret);
    if (typeof secret === "string" && secret !== "") return [name, secret];
    throw new Error(`the secret ${value.secret}, which the header ${name} of an origin needs, is missing`);
  });
}
