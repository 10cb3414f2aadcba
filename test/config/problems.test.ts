import { describe, expect, test } from "vitest";
import { ConfigError, didYouMean, editDistance, pathText } from "../../src/config/problems.ts";

describe("a remedy for a mistyped name", () => {
  test("is the name that is nearest, if it is near", () => {
    expect(didYouMean("fodlers", ["signatures", "folders", "holders"])).toBe('Did you mean "folders"?');
  });

  test("is the list of all names, if none is near", () => {
    expect(didYouMean("prod", ["production", "sandbox"])).toBe("Choose one of: production, sandbox.");
  });

  test("is to declare one, if there is none", () => {
    expect(didYouMean("prod", [])).toBe("None is declared yet; declare it first.");
  });
});

test.each([
  ["", "", 0],
  ["read", "read", 0],
  ["", "read", 4],
  ["read", "", 4],
  ["reads", "read", 1],
  ["rad", "read", 1],
  ["road", "read", 1],
  ["raed", "read", 1],
  ["aread", "reda", 2],
  ["write", "read", 4],
])("from %j to %j it takes %i edits", (from, to, edits) => {
  expect(editDistance(from, to)).toBe(edits);
  expect(editDistance(to, from)).toBe(edits);
});

test.each([
  [[], "the configuration"],
  [["routes", 2, "resource"], "routes[2].resource"],
  [["bundles", "read:all", "every"], 'bundles["read:all"].every'],
  [["environments", "eu-west", "baseUrls", 0], 'environments["eu-west"].baseUrls[0]'],
])("a place is written as code would reach it: %j", (path, text) => {
  expect(pathText(path)).toBe(text);
});

test("the message of the error lists every problem on a line of its own", () => {
  const error = new ConfigError([
    { path: "routes[0].origin", problem: 'is not an origin: "x"', remedy: "Choose one of: a, b." },
    { path: "control", problem: "is missing", remedy: "Add it, as an object." },
  ]);
  expect(error.message).toBe(
    [
      "gateway.config.ts cannot be used:",
      '  routes[0].origin: is not an origin: "x". Choose one of: a, b.',
      "  control: is missing. Add it, as an object.",
    ].join("\n"),
  );
});
