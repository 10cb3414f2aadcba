/**
 * Rewrites addresses in an origin's answer: an address of the origin becomes the gateway's address of the same resource. Decided by
 * the URL that the reference resolves to, never by its text.
 * https://www.rfc-editor.org/rfc/rfc3986#section-5
 */

import type { CalledUrl } from "./bounds.ts";

export interface Addressing {
  /** The URL that the origin was asked for: what its relative references are relative to. */
  readonly asked: string;
  /** The base at which the origin was called. */
  readonly origin: URL;
  /** The URL that the client called. */
  readonly called: CalledUrl;
  /** The path prefix of the base URL that was called, without a slash at its end. */
  readonly prefix: string;
  /** Whether the origin puts `X-Forwarded-Prefix` before its paths; `undefined` where each address has to show it. */
  readonly usesForwardedPrefix: boolean | undefined;
}

type Form = "absolute" | "network" | "rooted" | "relative";

const SCHEMES = new Set(["http:", "https:", "ws:", "wss:"]);

/** `undefined` for an address at the origin's or the gateway's host that the base URL does not lead to: the client gets none. */
export function toPublic(reference: string, addressing: Addressing): string | undefined {
  const { asked, origin, called, prefix } = addressing;
  const target = URL.parse(reference, asked);
  if (!target || !SCHEMES.has(target.protocol)) return reference;
  const isOurs = hostOf(target) === hostOf(called);
  if (!isOurs && hostOf(target) !== hostOf(origin)) return reference;
  const form = formOf(reference);
  const base = longestBase(target.pathname, basesOf(form, isOurs, pathOf(origin), addressing));
  if (base === undefined) return undefined;
  const scheme = target.protocol.startsWith("ws") ? called.protocol.replace("http", "ws") : called.protocol;
  const path = prefix + target.pathname.slice(base.length) || "/";
  const full = `${scheme}//${called.host}${path}${behindPath(target)}`;
  // What the client makes of it is right already.
  if (URL.parse(reference, called.href)?.href === full) return reference;
  if (form === "absolute") return full;
  // A path that begins with two slashes would be read as a host.
  if (form === "network" || path.startsWith("//")) return full.slice(scheme.length);
  return full.slice(full.indexOf("/", scheme.length + 2));
}

/**
 * Below which paths an origin's addresses can be: its own base; where it believes `X-Forwarded-Prefix`, that prefix before
 * its own; and where it knows its public address, the base URL's prefix.
 */
function basesOf(form: Form, isOurs: boolean, own: string, { prefix, usesForwardedPrefix }: Addressing): string[] {
  if (form === "relative" || usesForwardedPrefix === false) return [own];
  if (usesForwardedPrefix) return [prefix + own];
  const bases = [own];
  // Every path is below an empty prefix; at the origin's own host, that shows nothing.
  if (prefix !== "" || isOurs || form === "rooted") bases.push(prefix);
  // A prefix as long as the origin's own is there so that addresses need no change.
  if (own !== prefix) bases.push(prefix + own);
  return bases;
}

function longestBase(path: string, bases: readonly string[]): string | undefined {
  return bases
    .filter((base) => path === base || path.startsWith(`${base}/`))
    .reduce<string | undefined>((longest, base) => (base.length >= (longest?.length ?? 0) ? base : longest), undefined);
}

/** Servers behind TLS often take themselves for `http:`, so neither scheme nor default port counts; nor does a dot at the end. */
function hostOf({ host }: Pick<URL, "host">): string {
  return host.replace(/:(80|443)$/, "").replace(/\.(?=:|$)/, "");
}

function pathOf({ pathname }: URL): string {
  return pathname === "/" ? "" : pathname;
}

export function formOf(reference: string): Form {
  const text = reference.trim();
  if (/^[a-z][a-z0-9+.-]*:/i.test(text)) return "absolute";
  if (/^[/\\]{2}/.test(text)) return "network";
  return /^[/\\]/.test(text) ? "rooted" : "relative";
}

/** Query and fragment as they are, a lone `?` too. */
function behindPath({ href, protocol, pathname }: URL): string {
  return href.slice(href.indexOf("/", protocol.length + 2) + pathname.length);
}
