import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parsePattern, type Segment } from "../../src/config/pattern.ts";
import { Router } from "../../src/config/router.ts";

/** A router of these paths; each route is its own path. */
function routerOf(paths: readonly string[]): Router<string> {
  const router = new Router<string>();
  for (const path of paths) router.add(segmentsOf(path), path);
  return router;
}

function segmentsOf(path: string): Segment[] {
  const pattern = parsePattern(path);
  if ("problem" in pattern) throw new Error(`${path} ${pattern.problem}`);
  return pattern.segments;
}

describe("the router", () => {
  const paths = ["/*", "/:any", "/a", "/a/*", "/a/:x", "/a/b", "/a/:x/c", "/a/b/*"];

  describe.each([
    ["from the least specific path to the most", paths],
    ["from the most specific path to the least", paths.toReversed()],
  ])("filled %s", (_, inOrder) => {
    test.each([
      ["/", "/*", []],
      ["/a", "/a", []],
      ["/z", "/:any", ["z"]],
      ["/z/z", "/*", []],
      ["/a/b", "/a/b", []],
      ["/a/z", "/a/:x", ["z"]],
      ["/a/z/c", "/a/:x/c", ["z"]],
      ["/a/b/c", "/a/b/*", []],
      ["/a/z/z", "/a/*", []],
    ])("finds for %s the route %s", (path, route, params) => {
      expect(routerOf(inOrder).find(path)).toEqual({ routes: [route], params });
    });
  });

  test("finds nothing where no path matches", () => {
    expect(routerOf(["/a", "/a/:x/c"]).find("/a/b")).toBeUndefined();
    expect(routerOf(["/a"]).find("/")).toBeUndefined();
    expect(routerOf([]).find("/a")).toBeUndefined();
  });

  test("gives the values of parameters in their order", () => {
    expect(routerOf(["/:a/x/:b/*"]).find("/1/x/2/3")?.params).toEqual(["1", "2"]);
  });

  test("lets a wildcard match nothing at all", () => {
    expect(routerOf(["/a/*"]).find("/a")?.routes).toEqual(["/a/*"]);
    expect(routerOf(["/*"]).find("/")?.routes).toEqual(["/*"]);
  });

  test("goes back from a literal that leads nowhere to the parameter beside it", () => {
    expect(routerOf(["/a/b/c", "/a/:x/d"]).find("/a/b/d")).toEqual({ routes: ["/a/:x/d"], params: ["b"] });
  });

  test("forgets the parameters of a branch that leads nowhere", () => {
    expect(routerOf(["/:x/:y/c", "/*"]).find("/1/2/3")).toEqual({ routes: ["/*"], params: [] });
  });

  test("prefers the earlier literal over the later one", () => {
    expect(routerOf(["/a/*", "/:x/b"]).find("/a/b")?.routes).toEqual(["/a/*"]);
  });

  test("lets only a wildcard take a slash at the end", () => {
    const router = routerOf(["/a", "/a/:x", "/b/*"]);
    expect(router.find("/a/")).toBeUndefined();
    expect(router.find("/b/")?.routes).toEqual(["/b/*"]);
  });

  test("finds all routes of the path that wins, and none of another", () => {
    const router = new Router<string>();
    router.add(segmentsOf("/a/:x"), "GET");
    router.add(segmentsOf("/a/:y"), "POST");
    router.add(segmentsOf("/a/*"), "any");
    expect(router.find("/a/1")).toEqual({ routes: ["GET", "POST"], params: ["1"] });
  });

  test("does not take names that every object has for literals", () => {
    expect(routerOf(["/a"]).find("/constructor")).toBeUndefined();
    expect(routerOf(["/:x"]).find("/__proto__")?.params).toEqual(["__proto__"]);
  });

  test("agrees with trying every path by itself and taking the most specific that matches", () => {
    const literal = fc.constantFrom("a", "b", "c");
    const segment = fc.oneof({ weight: 2, arbitrary: literal }, { weight: 1, arbitrary: fc.constant(":") });
    const pattern = fc
      .tuple(fc.array(segment, { maxLength: 4 }), fc.boolean())
      .map(([segments, open]) => `/${[...segments.map(named), ...(open ? ["*"] : [])].join("/")}`);
    const path = fc
      .tuple(fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 5 }), fc.boolean())
      .map(([segments, slash]) => `/${segments.join("/")}${slash && segments.length > 0 ? "/" : ""}`);

    fc.assert(
      fc.property(fc.uniqueArray(pattern, { maxLength: 15 }), fc.array(path, { minLength: 1 }), (patterns, asked) => {
        const router = routerOf(patterns);
        for (const each of asked) expect(router.find(each)).toEqual(naiveFind(patterns, each));
      }),
      { numRuns: 500 },
    );
  });
});

/** Parameters are named by where they stand, so that patterns of one shape are one text. */
function named(segment: string, index: number): string {
  return segment === ":" ? `:p${index}` : segment;
}

function naiveFind(patterns: readonly string[], path: string): { routes: string[]; params: string[] } | undefined {
  const matches = patterns.flatMap((pattern) => {
    const found = regExpOf(pattern).exec(path);
    return found ? [{ routes: [pattern], params: found.slice(1), rank: rankOf(pattern) }] : [];
  });
  const [best] = matches.sort((a, b) => (a.rank < b.rank ? -1 : 1));
  return best && { routes: best.routes, params: best.params };
}

function regExpOf(pattern: string): RegExp {
  if (pattern === "/") return /^\/$/;
  if (pattern === "/*") return /^\//;
  const source = pattern.replace(/:[^/]+/g, "([^/]+)").replace(/\/\*$/, "(?:/.*)?");
  return new RegExp(`^${source}$`);
}

/** Sorts before that of a less specific pattern; `2` is the end of a path, which a wildcard alone goes beyond. */
function rankOf(pattern: string): string {
  const kinds = segmentsOf(pattern).map(({ kind }) => ({ literal: "0", param: "1", wildcard: "3" })[kind]);
  return `${kinds.join("")}2`;
}
