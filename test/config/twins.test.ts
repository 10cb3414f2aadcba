import { describe, expect, test } from "vitest";
import { compile } from "../../src/config/compile.ts";
import { lineOf } from "../../src/config/problems.ts";
import { problemsOfTwins } from "../../src/config/twins.ts";
import { changed } from "./base.ts";

const linesFor = (paths: string[], caseSensitive: Record<string, boolean> = {}) => {
  const { production, sandbox } = changed().origins.billing as Record<string, object>;
  const config = changed({
    "origins.billing": {
      production: { ...production, caseSensitive: caseSensitive.production ?? false },
      sandbox: { ...sandbox, caseSensitive: caseSensitive.sandbox ?? false },
    },
    routes: paths.map((path) => ({ path, origin: "billing", resource: "invoices" })),
  });
  return problemsOfTwins(compile(config)).map(lineOf);
};
const says = (route: number, twin: number) =>
  `  routes[${route}].path: is the same path as routes[${twin}].path for an origin that ignores case, so requests for it are refused. Set caseSensitive: true at its origin, in each environment; or write both paths in the same case.`;

describe("two routes that differ in case alone", () => {
  test("are told of, each with the other", () => {
    expect(linesFor(["/invoices/*", "/Invoices/*"])).toEqual([says(0, 1), says(1, 0)]);
    expect(linesFor(["/a/:id/x", "/A/:name/X/*"])).toEqual([says(0, 1), says(1, 0)]);
  });

  test("are accepted where the origin is case-sensitive in every environment", () => {
    const paths = ["/invoices/*", "/Invoices/*"];
    expect(linesFor(paths, { production: true, sandbox: true })).toEqual([]);
    expect(linesFor(paths, { production: true })).toHaveLength(2);
  });

  test("are accepted where their paths go apart further on", () => {
    expect(linesFor(["/a/x", "/A/y", "/*"])).toEqual([]);
  });
});

test("routes that differ in more than case are accepted", () => {
  expect(linesFor(["/*", "/:id", "/invoices", "/invoices/*", "/invoices/:id", "/invoices/0", "/0/Search"])).toEqual([]);
});
