import { describe, expect, test } from "vitest";
import type { Route } from "../../src/config/route-table.ts";
import { headerSetter, resolveHeaders } from "../../src/gateway/origins/headers.ts";
import { isRepeatable, RetryBudget } from "../../src/gateway/origins/retry.ts";
import { gateway, originsOf } from "./plane.ts";

describe("A second try", () => {
  test.each([
    ["GET", undefined, {}, true],
    ["DELETE", undefined, {}, true],
    ["PUT", "body", {}, false],
    ["POST", undefined, {}, false],
    ["PATCH", undefined, {}, false],
    ["GET", undefined, { Upgrade: "websocket" }, false],
  ] as const)("of %s with the body %s and %o: %s", (method, body, headers, expected) => {
    expect(isRepeatable(new Request("https://o.test/", { method, ...(body && { body }), headers }))).toBe(expected);
  });

  test("is had ten times at once, and once a second after that", () => {
    let now = 0;
    const budget = new RetryBudget(() => now);
    const taken = () => Array.from({ length: 15 }, () => budget.take()).filter(Boolean).length;
    expect(taken()).toBe(10);
    now += 1_000;
    expect(taken()).toBe(1);
    now += 60_000;
    expect(taken()).toBe(10);
  });

  test("has a budget of its own for each origin, and for each of its environments", () => {
    const { router, routes } = gateway;
    const originOf = originsOf(routes, async () => new Response());
    const retriesOf = (path: string, environment: string) => {
      const [route] = router.find(path)?.routes ?? [];
      return originOf(route as Route, environment).retries;
    };
    expect(retriesOf("/files/a", "sandbox")).toBe(retriesOf("/vault", "sandbox"));
    expect(retriesOf("/files/a", "sandbox")).not.toBe(retriesOf("/files/a", "production"));
    expect(retriesOf("/files/a", "sandbox")).not.toBe(retriesOf("/partner/a", "sandbox"));
  });

  test("is had again a second after the clock has stepped back, however far", () => {
    let now = 10_000_000;
    const budget = new RetryBudget(() => now);
    const taken = () => Array.from({ length: 15 }, () => budget.take()).filter(Boolean).length;
    expect(taken()).toBe(10);
    now -= 3_600_000;
    expect(taken()).toBe(0);
    now += 1_000;
    expect(taken()).toBe(1);
    now += 60_000;
    expect(taken()).toBe(10);
  });
});

describe("The headers of an origin", () => {
  test("take the place of what the client says under these names, in any spelling", () => {
    const own = resolveHeaders({ "X-Api-Key": { secret: "KEY" }, Authorization: "Basic x" }, () => "the secret");
    const headers = new Headers({ "X-Api-Key": "forged", X_Api_Key: "forged", "X.Api.Key": "forged", "X-Other": "1" });
    headerSetter(own)?.(headers);
    expect(Object.fromEntries(headers)).toEqual({
      "x-api-key": "the secret",
      authorization: "Basic x",
      "x-other": "1",
    });
  });

  test.each([undefined, "", 1])("are not had without their secret: %s", (value) => {
    expect(() => resolveHeaders({ "X-Api-Key": { secret: "KEY" } }, () => value)).toThrow("the secret KEY");
  });

  test("are refused with a secret that no header can hold, and the error does not show it", () => {
    const resolve = () => resolveHeaders({ "X-Api-Key": { secret: "KEY" } }, () => "two\nlines");
    expect(resolve).toThrow("the secret KEY, which the header X-Api-Key of an origin needs, is not a text on one line");
  });
});
