import { afterEach, describe, expect, test, vi } from "vitest";
import { type Watch, watch } from "../../src/gateway/admit/watch.ts";
import { resolveHeaders, withHeaders } from "../../src/gateway/origins/origin.ts";
import { isRepeatable, RetryBudget } from "../../src/gateway/origins/retry.ts";

afterEach(() => {
  vi.useRealTimers();
});

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

describe("The watch over what lasts", () => {
  const begin = (answers: (number: number) => Awaited<ReturnType<Watch["ask"]>>, isOpen = false) => {
    vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"], now: 0 });
    let asked = 0;
    let stoppedAt: number | undefined;
    const ask = async () => answers(++asked);
    const end = watch({ ask, isOpen, phase: 0, now: () => Date.now() }, () => {
      stoppedAt = Date.now();
    });
    return { end, asked: () => asked, stoppedAt: () => stoppedAt };
  };

  test("asks every 10 s, and ends with the key", async () => {
    const watching = begin((number) => (number < 3 ? undefined : { code: "key_revoked" }));
    await vi.advanceTimersByTimeAsync(29_000);
    expect([watching.asked(), watching.stoppedAt()]).toEqual([2, undefined]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([watching.asked(), watching.stoppedAt()]).toEqual([3, 30_000]);
  });

  test("does not take a fault for a revocation, but knows nothing for less than 30 s", async () => {
    const brief = begin((number) => (number % 2 ? { code: "authority_unavailable" } : undefined));
    await vi.advanceTimersByTimeAsync(100_000);
    expect(brief.stoppedAt()).toBeUndefined();
    const lasting = begin((number) => (number > 1 ? { code: "authority_unavailable" } : undefined));
    await vi.advanceTimersByTimeAsync(100_000);
    expect(lasting.stoppedAt()).toBe(30_000);
    const open = begin(() => ({ code: "authority_unavailable" }), true);
    await vi.advanceTimersByTimeAsync(100_000);
    expect(open.stoppedAt()).toBeUndefined();
  });

  test("ends when what it watches has ended", async () => {
    const watching = begin(() => undefined);
    watching.end();
    await vi.advanceTimersByTimeAsync(100_000);
    expect(watching.asked()).toBe(0);
  });
});
