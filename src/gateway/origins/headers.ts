/** The headers that an origin gets with each request beside those of the request, such as a credential of the gateway's. */

import { plainName } from "../../domain/header-names.ts";

export type OriginHeaders = readonly (readonly [name: string, value: string])[];

/** What a client says under one of these names, in any spelling, does not get through. `undefined` if there are none. */
export function headerSetter(own: OriginHeaders): ((headers: Headers) => void) | undefined {
  if (own.length === 0) return undefined;
  const plain = new Set(own.map(([name]) => plainName(name)));
  return (headers) => {
    const said: string[] = [];
    headers.forEach((_, name) => {
      if (plain.has(plainName(name))) said.push(name);
    });
    for (const name of said) headers.delete(name);
    for (const [name, value] of own) headers.set(name, value);
  };
}

/** Throws if a secret is missing, or cannot be in a header: a gateway that cannot show who it is must not start. */
export function resolveHeaders(
  headers: Readonly<Record<string, string | { readonly secret: string }>>,
  secrets: (name: string) => unknown,
): OriginHeaders {
  return Object.entries(headers).map(([name, value]) => {
    if (typeof value === "string") return [name, value];
    const secret = secrets(value.secret);
    if (typeof secret === "string" && secret !== "" && canBeSent(secret)) return [name, secret];
    const problem = secret ? "is not a text on one line" : "is missing";
    throw new Error(`the secret ${value.secret}, which the header ${name} of an origin needs, ${problem}`);
  });
}

function canBeSent(value: string): boolean {
  try {
    return new Headers({ name: value }).has("name");
  } catch {
    return false;
  }
}
