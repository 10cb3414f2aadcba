/** Finds the route of a path: the most specific one (literal, then parameter, then wildcard), whatever the order in the file. */

import type { Segment } from "./pattern.ts";

export interface Match<T> {
  /** The routes of the path that won, one for each method or set of methods. */
  readonly routes: readonly T[];
  /** The values of its parameters, in order. */
  readonly params: readonly string[];
}

interface Node<T> {
  readonly literals: Map<string, Node<T>>;
  param: Node<T> | undefined;
  readonly here: T[];
  readonly below: T[];
}

export class Router<T> {
  readonly #root = emptyNode<T>();

  add(segments: readonly Segment[], route: T): void {
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
}

/** `at`: where the slash before the next segment is, or the end of the path. Reads no further than the routes do. */
function search<T>(node: Node<T>, path: string, at: number, params: readonly string[]): Match<T> | undefined {
  if (at === path.length) return firstOf(node.here, node.below, params);
  const slash = path.indexOf("/", at + 1);
  const next = slash < 0 ? path.length : slash;
  const segment = path.slice(at + 1, next);
  const literal = node.literals.get(segment);
  return (
    (literal && search(literal, path, next, params)) ??
    (node.param && segment !== "" ? search(node.param, path, next, [...params, segment]) : undefined) ??
    firstOf([], node.below, params)
  );
}

function firstOf<T>(here: readonly T[], below: readonly T[], params: readonly string[]): Match<T> | undefined {
  const routes = here.length > 0 ? here : below;
  return routes.length > 0 ? { routes, params } : undefined;
}

function emptyNode<T>(): Node<T> {
  return { literals: new Map(), param: undefined, here: [], below: [] };
}

function literalChild<T>(node: Node<T>, text: string): Node<T> {
  const child = node.literals.get(text) ?? emptyNode<T>();
  node.literals.set(text, child);
  return child;
}

function paramChild<T>(node: Node<T>): Node<T> {
  node.param ??= emptyNode<T>();
  return node.param;
}
