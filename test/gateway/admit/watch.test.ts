import { afterEach, describe, expect, test, vi } from "vitest";
import type { Refusal } from "../../../src/errors.ts";
import { Watch } from "../../../src/gateway/admit/watch.ts";

afterEach(() => {
  vi.useRealTimers();
});

/** Of a key whose looks fall on whole multiples of 10 s. */
const principal = { subject: "key_0000" };

/** `answers`: to the nth look. */
function watchFrom(answers: (nth: number) => Refusal | undefined, onAuthorityFailure: "open" | "closed" = "closed") {
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"], now: 0 });
  let looks = 0;
  const readmit = async () => answers(++looks);
  return { watch: new Watch(principal, { onAuthorityFailure }, readmit, () => Date.now()), looks: () => looks };
}

function begin(...given: Parameters<typeof watchFrom>) {
  const { watch, looks } = watchFrom(...given);
  let stopped: [at: number, why: string] | undefined;
  const end = watch.over((refusal) => {
    stopped = [Date.now(), refusal.code];
  });
  return { end, looks, stopped: () => stopped };
}

const REVOKED: Refusal = { code: "key_revoked" };
const FAULT: Refusal = { code: "authority_unavailable" };

describe("The watch over what lasts", () => {
  test("looks at the key every 10 s, and stops it once the key may no longer do it", async () => {
    const watching = begin((nth) => (nth < 3 ? undefined : REVOKED));
    await vi.advanceTimersByTimeAsync(29_000);
    expect([watching.looks(), watching.stopped()]).toEqual([2, undefined]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([watching.looks(), watching.stopped()]).toEqual([3, [30_000, "key_revoked"]]);
  });

  test("does not take a fault for a revocation, but knows nothing for less than 30 s", async () => {
    const brief = begin((nth) => (nth % 2 ? FAULT : undefined));
    await vi.advanceTimersByTimeAsync(100_000);
    expect(brief.stopped()).toBeUndefined();
    const lasting = begin((nth) => (nth > 1 ? FAULT : undefined));
    await vi.advanceTimersByTimeAsync(100_000);
    expect(lasting.stopped()).toEqual([30_000, "authority_unavailable"]);
  });

  test("on a route that works without the authority, knows nothing for five minutes at the most", async () => {
    const brief = begin((nth) => (nth % 25 ? FAULT : undefined), "open");
    await vi.advanceTimersByTimeAsync(1_000_000);
    expect(brief.stopped()).toBeUndefined();
    const lasting = begin((nth) => (nth > 1 ? FAULT : undefined), "open");
    await vi.advanceTimersByTimeAsync(1_000_000);
    // The last look that knew something was after 10 s.
    expect(lasting.stopped()).toEqual([300_000, "authority_unavailable"]);
  });

  test("waits for nothing where the clock has stepped back: it is due at once, and a fault that lasts is one", async () => {
    const { watch } = watchFrom(() => FAULT);
    vi.setSystemTime(-3_600_000);
    expect(watch.isOverdue).toBe(true);
    expect(await watch.look()).toBeUndefined();
    vi.setSystemTime(-7_200_000);
    expect(await watch.look()).toEqual(FAULT);
  });

  test("ends when what it watches has ended", async () => {
    const watching = begin(() => undefined);
    watching.end();
    await vi.advanceTimersByTimeAsync(100_000);
    expect(watching.looks()).toBe(0);
  });

  test("is due again 10 s after the request was let through, and after each look", async () => {
    const { watch } = watchFrom(() => undefined);
    const dueAfter = async (ms: number) => {
      await vi.advanceTimersByTimeAsync(ms);
      return watch.isOverdue;
    };
    expect([await dueAfter(9_999), await dueAfter(1)]).toEqual([false, true]);
    await watch.look();
    expect([await dueAfter(9_999), await dueAfter(1)]).toEqual([false, true]);
  });
});
