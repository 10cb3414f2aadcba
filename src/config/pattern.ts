/** Route paths: literal segments, `:params`, and `*` as the last one, which also stands for nothing at all. */

import { trimmed } from "../domain/spelling.ts";

export type Segment = { kind: "literal"; text: string } | { kind: "param"; name: string } | { kind: "wildcard" };

/** The segments of a route's path, or what is wrong with it and, after a semicolon, what to do. */
export function parsePattern(path: string): { segments: Segment[] } | { problem: string } {
  if (!path.startsWith("/")) return { problem: `does not begin with a slash; write "/${path}"` };
  if (/[?#]/.test(path)) return { problem: "has a query or fragment; keep only the path" };
  const texts = path === "/" ? [] : path.slice(1).split("/");
  if (texts.includes("")) return { problem: "has an empty segment; write single slashes, and none at the end" };
  if (texts.slice(0, -1).includes("*"))
    return { problem: "has a * before its end; use a :param for a segment in the middle" };
  const segments = texts.map(parseSegment);
  const bad = segments.find((segment) => typeof segment === "string");
  if (typeof bad === "string") return { problem: bad };
  const parsed = segments as Segment[];
  const params = parsed.flatMap((segment) => (segment.kind === "param" ? [segment.name] : []));
  if (new Set(params).size < params.length) return { problem: "names a parameter twice; give each its own name" };
  return { segments: parsed };
}

/** The same for two paths that match the same requests. */
export function shapeOf(segments: readonly Segment[]): string {
  return segments.map((s) => (s.kind === "literal" ? `/${s.text}` : s.kind === "param" ? "/:" : "/*")).join("") || "/";
}

function parseSegment(text: string): Segment | string {
  if (text === "*") return { kind: "wildcard" };
  if (text.startsWith(":")) {
    const name = text.slice(1);
    if (/^[a-z][a-z0-9_-]*$/.test(name)) return { kind: "param", name };
    return `has a parameter "${text}" that is not a name; use lower-case letters, digits, _ and -, beginning with a letter`;
  }
  if (text.includes("*")) return `has a * inside "${text}"; use * only as the whole last segment`;
  return problemOfLiteral(text) ?? { kind: "literal", text };
}

/** Requests are matched in the form that the URL parser gives them, so a literal in any other form would never match. */
function problemOfLiteral(text: string): string | undefined {
  const serialised = new URL(`http://x/${text}`).pathname.slice(1);
  if (serialised === "") return `has a segment "${text}", which URLs never have; leave it out`;
  // Every request for the last two would be `path_ambiguous`.
  if (serialised.includes("%") || text.includes(";") || trimmed(text) !== text)
    return `has a segment "${text}", which can be read in several ways; use a :param there`;
  return serialised === text ? undefined : `has a segment "${text}", which no request has; write "${serialised}"`;
}
