/** The header fields of an answer that hold addresses. Other fields, and bodies, pass as they are. */

import { type Addressing, toPublic } from "../../decide/location.ts";

/** `undefined` if nothing is left of the field. */
type Rewrite = (value: string, addressing: Addressing) => string | undefined;

const FIELDS: readonly (readonly [name: string, rewrite: Rewrite])[] = [
  ["Location", toPublic],
  ["Content-Location", toPublic],
  ["Link", publicLinks],
  ["Refresh", publicRefresh],
];

/** The same answer if nothing has to change. Calls `addressing` only if there is a field to read. */
export function withPublicAddresses(answer: Response, addressing: () => Addressing): Response {
  const { headers } = answer;
  const changes: { name: string; changed: string | undefined }[] = [];
  for (const [name, rewrite] of FIELDS) {
    const value = headers.get(name);
    if (value === null) continue;
    const changed = rewrite(value, addressing());
    if (changed !== value) changes.push({ name, changed });
  }
  if (changes.length === 0) return answer;
  const own = new Response(answer.body, answer);
  for (const { name, changed } of changes) {
    if (changed === undefined) own.headers.delete(name);
    else own.headers.set(name, changed);
  }
  return own;
}

/** https://html.spec.whatwg.org/multipage/semantics.html#shared-declarative-refresh-steps */
export function publicRefresh(value: string, addressing: Addressing): string | undefined {
  const [, before, quote, rest = ""] = /^(\s*[\d.]+\s*[;,\s]\s*(?:url\s*=\s*)?)(["']?)(.*)$/is.exec(value) ?? [];
  if (before === undefined || (quote === "" && rest === "")) return value;
  const reference = quote ? (rest.split(quote)[0] as string) : rest;
  const changed = toPublic(reference, addressing);
  if (changed === reference) return value;
  // A path can contain a single quote.
  return changed && `${before}${quote && '"'}${changed}${quote && '"'}`;
}

/** One link-value, up to its comma. https://www.rfc-editor.org/rfc/rfc8288#section-3 */
const LINK_VALUE = /[\s,]*<([^>]*)>((?:[^",]|"(?:[^"\\]|\\.)*(?:"|\\?$))*)(?:,|$)/y;
/** Quoted strings are matched so that nothing is found within one. */
const ANCHOR = /(;\s*anchor\s*=\s*)(?:"((?:[^"\\]|\\.)*)(?:"|\\?$)|([^\s;,"]+))|"(?:[^"\\]|\\.)*(?:"|\\?$)/gi;

/** Leaves out a link if the client cannot reach its target or its anchor. What is not a link stays as it is. */
export function publicLinks(value: string, addressing: Addressing): string | undefined {
  const links: string[] = [];
  let isChanged = false;
  LINK_VALUE.lastIndex = 0;
  let end = 0;
  for (let match = LINK_VALUE.exec(value); match; match = end < value.length ? LINK_VALUE.exec(value) : null) {
    end = LINK_VALUE.lastIndex;
    const [, reference = "", parameters = ""] = match;
    const target = toPublic(reference, addressing);
    const context = withPublicAnchor(parameters, addressing);
    isChanged ||= target !== reference || context !== parameters;
    if (target !== undefined && context !== undefined) links.push(`<${target}>${context.trimEnd()}`);
  }
  if (!isChanged) return value;
  const rest = value.slice(end).trim();
  return [...links, ...(rest ? [rest] : [])].join(", ") || undefined;
}

/** https://www.rfc-editor.org/rfc/rfc8288#section-3.2 */
function withPublicAnchor(parameters: string, addressing: Addressing): string | undefined {
  let isLost = false;
  const changed = parameters.replace(ANCHOR, (all, before?: string, quoted?: string, token?: string) => {
    if (before === undefined) return all;
    const reference = quoted?.replace(/\\(.)/g, "$1") ?? token ?? "";
    const anchor = toPublic(reference, addressing);
    if (anchor === undefined) isLost = true;
    return anchor === reference || anchor === undefined ? all : `${before}"${anchor.replaceAll("\\", "\\\\")}"`;
  });
  return isLost ? undefined : changed;
}
