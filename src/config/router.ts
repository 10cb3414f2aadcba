/** Finds the route of a path: the most specific one (literal, then parameter, then wildcard), whatever the order in the file. */

import { caseFolded, looseForm, mayMean } from "../domain/spelling.ts";
import type { Segment } from "./pattern.ts";

export interface Match<T> {
  /** The routes of the path that won, one for each method or set of methods. */
  readonly routes: readonly T[];
  /** The values of its parameters, in order. */
  readonly params: readonly string[];
}

/** How a server reads a literal segment that is spelt differently. */
export interface Leniency {
  /** Takes `/Users` for `/users`. */
  readonly ignoresCase: boolean;
  /** Takes `/users.json` for `/users`. */
  readonly dropsSuffixes: boolean;
}

interface Node<T> {
  readonly literals: Map<string, Literal<T>>;
  param: Node<T> | undefined;
  readonly here: T[];
  readonly below: T[];
}

interface Literal<T> extends Node<T> {
  readonly text: string;
  readonly folded: string;
  /** The literals beside it that differ from it in case alone. */
  readonly twins: Literal<T>[];
}

export class Router<T> {
  readonly #root = emptyNode<T>();
  #hasCapitals = false;

  /** Whether a path in small letters can be another spelling of a route's path. */
  get hasCapitals(): boolean {
    return this.#hasCapitals;
  }

  add(segments: readonly Segment[], route: T): void {
    this.#hasCapitals ||= segments.some((segment) => segment.kind === "literal" && /[A-Z]/.test(segment.text));
    let node = this.#root;
    for (const segment of segments) {
      if (segment.kind === "wildcard") {
        node.below.push(route);
        return;
      }
      node = segment.kind === "literal" ? literalChild(node, segment.text) : paramChild(node);
    }
    node.here.push(route);
  }

  /** `path` begins with a slash. One slash at its end makes an empty last segment, which only a wildcard takes. */
  find(path: string): Match<T> | undefined {
    return search(this.#root, path, path === "/" ? 1 : 0, []);
  }

  /** What servers may find, exact and lenient ones; with `undefined` among them if some find nothing. */
  findAll(path: string, leniency: Leniency): readonly (Match<T> | undefined)[] {
    const found: (Match<T> | undefined)[] = [];
    if (!searchAll(this.#root, path, path === "/" ? 1 : 0, [], leniency, found)) found.push(undefined);
    return found;
  }
}

/** `at`: where the slash before the next segment is, or the end of the path. Reads no further than the routes do. */
function search<T>(node: Node<T>, path: string, at: number, params: readonly string[]): Match<T> | undefined {
  if (at === path.length) return firstOf(node.here, node.below, params);
  const next = endOfSegment(path, at);
  const segment = path.slice(at + 1, next);
  const literal = node.literals.get(segment);
  return (
    (literal && search(literal, path, next, params)) ??
    (node.param && segment !== "" ? search(node.param, path, next, [...params, segment]) : undefined) ??
    firstOf([], node.below, params)
  );
}

/** Adds to `found`. Returns whether every server finds something. */
function searchAll<T>(
  node: Node<T>,
  path: string,
  at: number,
  params: readonly string[],
  leniency: Leniency,
  found: (Match<T> | undefined)[],
): boolean {
  const add = (match: Match<T> | undefined) => match !== undefined && found.push(match) > 0;
  if (at === path.length) return add(firstOf(node.here, node.below, params));
  const next = endOfSegment(path, at);
  const segment = path.slice(at + 1, next);
  const literal = node.literals.get(segment);
  const isCertain = literal !== undefined && searchAll(literal, path, next, params, leniency, found);
  for (const other of othersLike(segment, literal, node, leniency)) {
    searchAll(other, path, next, params, leniency, found);
  }
  if (isCertain) return true;
  if (node.param && segment !== "") {
    if (searchAll(node.param, path, next, [...params, segment], leniency, found)) return true;
  }
  return add(firstOf([], node.below, params));
}

function endOfSegment(path: string, at: number): number {
  const slash = path.indexOf("/", at + 1);
  return slash < 0 ? path.length : slash;
}

/** The other literals that some server takes a segment for. A configured literal means itself, but perhaps in another case. */
function othersLike<T>(
  segment: string,
  literal: Literal<T> | undefined,
  { literals }: Node<T>,
  { ignoresCase, dropsSuffixes }: Leniency,
): readonly Literal<T>[] {
  if (literal) return ignoresCase ? literal.twins : [];
  if (segment === "" || literals.size === 0) return [];
  // Decoded, even if no slash is: many servers split a path before they decode it.
  const read = looseForm(segment, ignoresCase);
  return [...literals.values()].filter(({ text, folded }) => mayMean(read, ignoresCase ? folded : text, dropsSuffixes));
}

function firstOf<T>(here: readonly T[], below: readonly T[], params: readonly string[]): Match<T> | undefined {
  const routes = here.length > 0 ? here : below;
  return routes.length > 0 ? { routes, params } : undefined;
}

function emptyNode<T>(): Node<T> {
  return { literals: new Map(), param: undefined, here: [], below: [] };
}

function literalChild<T>(node: Node<T>, text: string): Node<T> {
  const known = node.literals.get(text);
  if (known) return known;
  const folded = caseFolded(text);
  const twins = [...node.literals.values()].filter((other) => other.folded === folded);
  const child = { ...emptyNode<T>(), text, folded, twins };
  for (const twin of twins) twin.twins.push(child);
  node.literals.set(text, child);
  return child;
}

function paramChild<T>(node: Node<T>): Node<T> {
  node.param ??= emptyNode<T>();
  return node.param;
}
