import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Route } from "../../src/config/route-table.ts";
import { findRoute } from "../../src/decide/route.ts";
import { actionOfMethod } from "../../src/domain/scope.ts";
import { isRefusal } from "../../src/errors.ts";
import { gateway } from "../gateway/plane.ts";

/** What the router is given: the path as the URL parser has it. */
const pathOf = (raw: string) => new URL(`https://h.test${raw}`).pathname;

/** The path of the route as configured, or the code of the refusal. */
function outcomeOf(method: string, raw: string): string {
  const match = findRoute(method, pathOf(raw), gateway.router);
  return isRefusal(match) ? match.code : match.route.path;
}

const AMBIGUOUS = "path_ambiguous";
const spellings: [raw: string, outcome: string, method?: string][] = [
  ["/signatures", "/signatures/*"],
  ["/signatures/1", "/signatures/*"],
  ["/signatures/search", "/signatures/search", "POST"],
  ["/signatures/search", "method_not_allowed", "GET"],
  ["/signatures/vault", "/signatures/vault/*"],
  ["/signatures/vault/1", "/signatures/vault/*"],
  ["/nowhere", "no_such_route"],
  ["/signaturesx", "no_such_route"],
  ["/Signatures/1", "no_such_route"],
  ["/signatures/vault%3f/1", "path_ambiguous"],
  ["/signatures/vault%23/1", "path_ambiguous"],
  ["/signatures/vault./1", "path_ambiguous"],
  ["/signatures/vault%20/1", "path_ambiguous"],
  ["/signatures/vault%09/1", "path_ambiguous"],
  ["/signatures/what%3f.txt", "/signatures/*"],
  // Dot segments: the URL parser resolves plain and encoded ones, so that they mean the same to everyone.
  ["/signatures/../vault", "/vault"],
  ["/signatures/./vault/1", "/signatures/vault/*"],
  ["/signatures/%2e%2e/vault", "/vault"],
  ["/signatures/.%2E/vault", "/vault"],
  ["/signatures\\..\\vault", "/vault"],
  ["/../../signatures/1", "/signatures/*"],
  ["/signatures/...", "/signatures/*"],
  ["/signatures/%252e%252e/vault", AMBIGUOUS],
  ["/signatures/%25252e%25252e/vault", AMBIGUOUS],
  ["/signatures/..%2fvault", AMBIGUOUS],
  ["/signatures/..%2Fvault", AMBIGUOUS],
  ["/signatures/a%2f..%2f..%2fvault", AMBIGUOUS],
  ["/signatures/..%5cvault", AMBIGUOUS],
  ["/signatures/..%255cvault", AMBIGUOUS],
  ["/signatures/..;/vault", AMBIGUOUS],
  ["/signatures/..;x=1/vault", AMBIGUOUS],
  ["/signatures/..%3b/vault", AMBIGUOUS],
  ["/signatures/%2e%2e;/vault", AMBIGUOUS],
  ["/signatures/.;/vault", AMBIGUOUS],
  // Slashes.
  ["//vault", AMBIGUOUS],
  ["/signatures//vault", AMBIGUOUS],
  ["/signatures//1", "/signatures/*"],
  ["/signatures/1//2", "/signatures/*"],
  ["/signatures/vault//1", "/signatures/vault/*"],
  ["/signatures%2fvault", AMBIGUOUS],
  ["/signatures/%2fvault", AMBIGUOUS],
  ["/signatures/x%2f%2fy", "/signatures/*"],
  ["/signatures/@scope%2fname", "/signatures/*"],
  ["/signatures/@scope%2Fname", "/signatures/*"],
  ["/signatures/a%252fb", "/signatures/*"],
  ["/files/a%2fb", AMBIGUOUS],
  ["/files/a%252fb", AMBIGUOUS],
  ["/signatures/search/", AMBIGUOUS, "POST"],
  ["/signatures/", "/signatures/*"],
  ["/signatures/1/", "/signatures/*"],
  ["/signatures/vault/", "/signatures/vault/*"],
  ["/vault/", AMBIGUOUS],
  ["/files/a/", AMBIGUOUS],
  ["/signatures%2f", AMBIGUOUS],
  ["/signatures/vault%2f1", AMBIGUOUS],
  ["/signatures/vault%5c1", AMBIGUOUS],
  ["/signatures\\vault", "/signatures/vault/*"],
  ["/signatures/a%5cb", "/signatures/*"],
  // Encoded letters.
  ["/%73ignatures/search", AMBIGUOUS, "POST"],
  ["/signatures/%73earch", AMBIGUOUS, "POST"],
  ["/signatures/%2573earch", AMBIGUOUS, "POST"],
  ["/signatures/v%61ult/1", AMBIGUOUS],
  ["/%76ault", AMBIGUOUS],
  ["/signatures/%61", "/signatures/*"],
  ["/signatures/100%25", "/signatures/*"],
  ["/signatures/caf%C3%A9", "/signatures/*"],
  ["/signatures/a%20b", "/signatures/*"],
  ["/signatures/%zz", "/signatures/*"],
  ["/files/a%20b", "/files/:name"],
  ["/files/caf%C3%A9", "/files/:name"],
  ["/files/100%25", "/files/:name"],
  ["/files/%61", "/files/:name"],
  ["/workspaces/ws%5f1/folders/1", "/workspaces/:workspace/folders/*"],
  ["/workspaces/ws_1%2ffolders/1", AMBIGUOUS],
  ["/workspaces/ws_1%2f..%2fws_2/folders/1", AMBIGUOUS],
  ["/spaces/ws_1/x%2fy", "/spaces/:workspace/*"],
  ["/spaces/ws%5f1/x", "/spaces/:workspace/*"],
  ["/spaces/ws_1%2fx/y", AMBIGUOUS],
  ["/spaces/ws_1%5cx/y", AMBIGUOUS],
  ["/spaces//ws_1/y", AMBIGUOUS],
  ["/spaces/%2fws_1/y", AMBIGUOUS],
  // NUL.
  ["/signatures/%00", AMBIGUOUS],
  ["/signatures/vault%00", AMBIGUOUS],
  ["/vault%00.png", AMBIGUOUS],
  ["/files/a%2500", AMBIGUOUS],
  // Parameters of segments, which some servers drop before they route.
  ["/signatures/vault;x=1/1", AMBIGUOUS],
  ["/signatures/search;x", AMBIGUOUS, "POST"],
  ["/signatures/;x/vault", AMBIGUOUS],
  ["/signatures/vault%3bx/1", AMBIGUOUS],
  ["/vault;jsessionid=1", AMBIGUOUS],
  ["/signatures//drafts/;x", AMBIGUOUS],
  ["/signatures/1;v=2", "/signatures/*"],
  ["/files/a;v=2", "/files/:name"],
  ["/signatures/s%65arch/;x%2fy", AMBIGUOUS, "POST"],
  // Encoded over and over.
  ["/signatures/%252561", "/signatures/*"],
  ["/signatures/%25252561", AMBIGUOUS],
  ["/files/%252561", "/files/:name"],
  ["/files/%25252561", AMBIGUOUS],
  ["/nowhere/%25252561", AMBIGUOUS],
  ["/files/%u0025u0025u0025u002561", AMBIGUOUS],
  [`/files/%${"25".repeat(8_000)}41/x`, AMBIGUOUS],
  [`/files/a%20${".".repeat(16_000)}x`, "/files/:name"],
];

describe("the route of a path", () => {
  test.each(spellings)("%s falls under %s", (raw, outcome, method = "GET") => {
    expect(outcomeOf(method, raw)).toBe(outcome);
  });

  test("parameters are given as they were sent, by name", () => {
    expect(findRoute("GET", "/workspaces/ws%5f1/folders/a/b", gateway.router)).toMatchObject({
      params: { workspace: "ws%5f1" },
    });
    expect(findRoute("GET", "/files/a%20b", gateway.router)).toMatchObject({ params: { name: "a%20b" } });
  });

  test("a method that no route of the path lists is refused with those that are", () => {
    expect(findRoute("PUT", "/vault", gateway.router)).toEqual({
      code: "method_not_allowed",
      allow: ["GET", "HEAD", "POST"],
    });
  });

  test("TRACE is refused on every route, even on one for all methods", () => {
    expect(outcomeOf("TRACE", "/signatures/1")).toBe("method_not_allowed");
    expect(outcomeOf("TRACE", "/vault")).toBe("method_not_allowed");
  });

  test.each([
    ["/signatures/1", ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]],
    ["/vault", ["GET", "HEAD", "POST"]],
  ])("TRACE is refused on %s with methods that the route takes", (path, allow) => {
    expect(findRoute("TRACE", path, gateway.router)).toEqual({ code: "method_not_allowed", allow });
  });

  test("methods beyond the common ones pass where a route takes all of them", () => {
    for (const method of ["PROPFIND", "QUERY", "REPORT"])
      expect(outcomeOf(method, "/signatures/1")).toBe("/signatures/*");
  });
});

type Reading = (path: string) => string;

const decodeOnce: Reading = (path) =>
  path
    .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replaceAll("\\", "/");
const mergeSlashes: Reading = (path) => path.replace(/\/+/g, "/").replace(/(?<=.)\/$/, "");
const dropParameters: Reading = (path) => path.replace(/;[^/]*/g, "");
const resolveDots: Reading = (path) => {
  const kept: string[] = [];
  for (const segment of path.split("/").slice(1)) {
    if (segment === "..") kept.pop();
    else if (segment !== ".") kept.push(segment);
  }
  return `/${kept.join("/")}`;
};
const inTurn =
  (...steps: Reading[]): Reading =>
  (path) =>
    steps.reduce((text, step) => step(text), path);

/** Servers as they have been met, each with its own way of reading a path before it routes. */
const ORIGINS: Record<string, Reading> = {
  "decodes once": inTurn(decodeOnce, resolveDots),
  "decodes twice": inTurn(decodeOnce, decodeOnce, resolveDots),
  "merges slashes and drops the last": inTurn(mergeSlashes, resolveDots),
  "decodes once, then merges": inTurn(decodeOnce, mergeSlashes, resolveDots),
  "decodes twice, then merges": inTurn(decodeOnce, decodeOnce, mergeSlashes, resolveDots),
  "drops parameters, then decodes and merges": inTurn(dropParameters, decodeOnce, mergeSlashes, resolveDots),
  "decodes, then drops parameters and merges": inTurn(decodeOnce, dropParameters, mergeSlashes, resolveDots),
};

/** What a caller needs for a request that falls under the route. */
function needOf(route: Route | undefined, method: string): string | undefined {
  if (!route) return undefined;
  return route.public ? "nothing" : `${route.resource}:${route.action ?? actionOfMethod(method)}`;
}

function needAtOrigin(path: string, method: string): string | undefined {
  const routes = gateway.router.find(path)?.routes ?? [];
  return needOf(routes.find(({ methods }) => methods?.has(method)) ?? routes.find(({ methods }) => !methods), method);
}

const piece = fc.constantFrom(
  ..."signatures search vault files workspaces ws_1 ws_2 folders teammates status pages a".split(" "),
  ..."/ // %2f %2F %252f %5c \\ . .. ... %2e %2e%2e .%2e %252e%252e ..; .; ; ;x %3b %00 %25 %73 %76ault s%65arch ? @scope%2fname é".split(
    " ",
  ),
);
const nastyPath = fc
  .array(fc.tuple(fc.constantFrom("/", "/", "/", "", "%2f"), piece), { minLength: 1, maxLength: 6 })
  .map(
    (parts) =>
      `/${parts
        .map(([joint, text]) => joint + text)
        .join("")
        .replace(/^\//, "")}`,
  );

describe("a path that passes", () => {
  test("needs the same scope however an origin reads it", () => {
    let odd = 0;
    fc.assert(
      fc.property(nastyPath, fc.constantFrom("GET", "POST", "DELETE"), (raw, method) => {
        const path = pathOf(raw);
        const match = findRoute(method, path, gateway.router);
        if (isRefusal(match)) return;
        if (/[%;]|\/\/|\/$/.test(path)) odd += 1;
        for (const [origin, read] of Object.entries(ORIGINS)) {
          expect({ origin, need: needAtOrigin(read(path), method) }).toEqual({
            origin,
            need: needOf(match.route, method),
          });
        }
      }),
      { numRuns: 5_000 },
    );
    // Otherwise nothing but plain paths would have been tried.
    expect(odd).toBeGreaterThan(50);
  });

  test("names the same workspace however an origin reads it, or one that no key reaches", () => {
    const workspace = fc.array(
      fc.constantFrom("ws_1", "ws_2", "%5f", "ws%5f1", "%2f", ";ws_2", "%3bws_2", "%25", "..", "%2e", "\\"),
      {
        minLength: 1,
        maxLength: 3,
      },
    );
    fc.assert(
      fc.property(fc.constantFrom("workspaces", "spaces"), workspace, (place, pieces) => {
        const path = pathOf(`/${place}/${pieces.join("")}/folders/1`);
        const match = findRoute("GET", path, gateway.router);
        if (isRefusal(match) || !["ws_1", "ws_2"].includes(match.params.workspace as string)) return;
        for (const read of Object.values(ORIGINS)) {
          expect(gateway.router.find(read(path))?.params).toEqual([match.params.workspace]);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
