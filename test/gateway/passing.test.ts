import { describe, expect, test } from "vitest";
import { resolveHeaders, withHeaders } from "../../src/gateway/origins/origin.ts";
import { isRepeatable, RetryBudget } from "../../src/gateway/origins/retry.ts";

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

  test("is had ten times at once by each origin, and once a second after that", () => {
    let now = 0;
    const budget = new RetryBudget(() => now);
    const taken = () => Array.from({ length: 15 }, () => budget.take("a")).filter(Boolean).length;
    expect(taken()).toBe(10);
    expect(budget.take("b")).toBe(true);
    now += 1_000;
    expect(taken()).toBe(1);
    now += 60_000;
    expect(taken()).toBe(10);
  });

  test("is had again a second after the clock has stepped back, however far", () => {
    let now = 10_000_000;
    const budget = new RetryBudget(() => now);
    const taken = () => Array.from({ length: 15 }, () => budget.take("a")).filter(Boolean).length;
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
  test("take the place of what the client says under these names, in any spelling", async () => {
    const sent: Request[] = [];
    const send = withHeaders(
      async (request) => {
        sent.push(request);
        return new Response();
      },
      resolveHeaders({ "X-Api-Key": { secret: "KEY" }, Authorization: "Basic x" }, () => "the secret"),
    );
    const headers = { "X-Api-Key": "forged", X_Api_Key: "forged", "X.Api.Key": "forged", "X-Other": "1" };
    const init = { signal: new AbortController().signal, encodeResponseBody: "manual" } as const;
    await send(new Request("https://o.test/", { headers }), init);
    expect(Object.fromEntries(sent[0]?.headers ?? [])).toEqual({
      "x-api-key": "the secret",
      authorization: "Basic x",
      "x-other": "1",
    });
  });

  test.each([undefined, "", 1])("are not had without their secret: %s", (value) => {
    expect(() => resolveHeaders({ "X-Api-Key": { secret: "KEY" } }, () => value)).toThrow("the secret KEY");
  });
});
