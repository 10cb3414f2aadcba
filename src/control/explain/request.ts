/** The request to explain, as the gateway would get it. */

import type { Gateway } from "../../config/compile.ts";
import { readCredential } from "../../decide/credentials.ts";
import { parseAddress } from "../../domain/address.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { invalid } from "../validation.ts";

export interface Question {
  /** A key. Its newest working secret counts as sent. */
  readonly keyId?: string | undefined;
  /** A secret, as it would be sent. The header Authorization can be given instead, or neither. */
  readonly key?: string | undefined;
  readonly method: string;
  /** A URL, or a path, which is below the base URL of the key's environment if it does not begin with a base URL's path. */
  readonly url: string;
  /** Where it is not given, one that the key allows. */
  readonly clientAddress?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export interface ExplainedRequest {
  readonly method: string;
  /** As it would be sent. */
  readonly url: string;
  readonly parsedUrl: URL;
  readonly headers: Headers;
}

/** No refusal repeats what was given, which can contain a key. */
export function readRequest({ method, url, clientAddress }: Question, headers: Headers): ExplainedRequest | Refusal {
  const parsedUrl = URL.parse(url);
  if (!parsedUrl || !/^https?:$/.test(parsedUrl.protocol))
    return invalid("url", "is not an http or https URL, or a path");
  if (parsedUrl.username || parsedUrl.password) return invalid("url", "must not have a user name or password");
  // It never leaves the client.
  parsedUrl.hash = "";
  if (clientAddress !== undefined && !parseAddress(clientAddress)) {
    return invalid("client_address", "is not an IPv4 or IPv6 address");
  }
  return { method, url: url.split("#", 1)[0] as string, parsedUrl, headers };
}

/** With the key, if its secret was given. */
export function readHeaders({ keyId, key, headers }: Question): Headers | Refusal {
  const sent = headersOf(headers);
  if (!sent) return invalid("headers", "have a name or value that cannot be sent");
  if ([keyId, key, sent.get("authorization") ?? undefined].filter((given) => given !== undefined).length > 1) {
    return invalid("key", "can be given only once: as key_id, as key, or in the header Authorization");
  }
  if (key !== undefined) {
    if (!isHeaderValue(key)) return invalid("key", "has a character that cannot be sent");
    sent.set("Authorization", `Bearer ${key}`);
  }
  return sent;
}

/** Of the key that they show. */
export function environmentOf(headers: Headers, gateway: Gateway): string | undefined {
  const credential = readCredential(headers, gateway);
  return credential && !isRefusal(credential) ? credential.environment : undefined;
}

function headersOf(given: Question["headers"] = {}): Headers | undefined {
  const headers = new Headers();
  for (const [name, value] of Object.entries(given)) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) || !isHeaderValue(value)) return undefined;
    headers.append(name, value);
  }
  return headers;
}

/** https://www.rfc-editor.org/rfc/rfc9110#section-5.5 */
function isHeaderValue(text: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(text);
}
