import { describe, expect, test, vi } from "vitest";
import { Restores } from "../../src/authority/restores.ts";

describe("A collector asks the reconciler for the latest restore", () => {
  test("once in five seconds, however many reports it answers", async () => {
    let number = 0;
    const ask = vi.fn(async () => number);
    const restores = new Restores(ask);
    for (let now = 0; now < 5_000; now += 100) expect(await restores.latest(now)).toBe(0);
    number = 8;
    expect(await restores.latest(5_000)).toBe(8);
    expect(await restores.latest(5_001)).toBe(8);
    expect(ask).toHaveBeenCalledTimes(2);
    // Also if the clock has stepped back.
    await restores.latest(-60_000);
    expect(ask).toHaveBeenCalledTimes(3);
  });

  test("and answers with what it knew if that fails or takes long, so that no report is lost by it", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const answers = [
      () => Promise.resolve(8),
      () => Promise.reject(new Error("down")),
      () => new Promise<number>(() => {}),
    ];
    const restores = new Restores(() => (answers.shift() as () => Promise<number>)());
    expect(await restores.latest(0)).toBe(8);
    expect(await restores.latest(5_000)).toBe(8);
    const slow = restores.latest(10_000);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await slow).toBe(8);
    vi.useRealTimers();
    expect(await new Restores(() => Promise.reject(new Error("down"))).latest(0)).toBeUndefined();
  });
});
