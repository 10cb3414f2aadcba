import { describe, expect, test } from "vitest";
import type { KeyRecord } from "../../../src/domain/key.ts";
import { FALLBACK_MS, Fallback } from "../../../src/gateway/admit/fallback.ts";

const LEASED_AT = 1_000_000;
const record = { id: "key_1", secrets: [], expiresAt: Number.MAX_SAFE_INTEGER } as unknown as KeyRecord;
const limits = { rates: [{ name: "minute", limit: 3, window: 60, burst: 3 }], quotas: [] };

function admitted(fallback: Fallback, now: number, wanted: number): number {
  let count = 0;
  for (let n = 0; n < wanted; n++) if (fallback.hold(now, 1)?.spend(now)) count += 1;
  return count;
}

describe("while a key's authority cannot be reached", () => {
  test("the key goes on under its own limits, counted here", () => {
    const fallback = new Fallback(record, limits, LEASED_AT);
    expect(admitted(fallback, LEASED_AT + 1, 10)).toBe(3);
    expect(admitted(fallback, LEASED_AT + 1, 10)).toBe(0);
    expect(admitted(fallback, LEASED_AT + 20_001, 10)).toBe(1);
  });

  test("what was used up stays used up when the authority answers once", () => {
    const before = new Fallback(record, limits, LEASED_AT);
    expect(admitted(before, LEASED_AT + 1, 10)).toBe(3);
    const after = new Fallback(record, limits, LEASED_AT + 2, before);
    expect(admitted(after, LEASED_AT + 3, 10)).toBe(0);
    expect(admitted(after, LEASED_AT + 20_001, 10)).toBe(1);
  });

  test("the key stops when its last lease is five minutes ago", () => {
    const fallback = new Fallback(record, limits, LEASED_AT);
    expect(fallback.hold(LEASED_AT + FALLBACK_MS, 1)).toBeDefined();
    expect(fallback.hold(LEASED_AT + FALLBACK_MS + 1, 1)).toBeUndefined();
  });

  test("a clock that stepped back ends it, for nobody knows how long ago that lease was", () => {
    expect(new Fallback(record, limits, LEASED_AT).hold(LEASED_AT - 1, 1)).toBeUndefined();
  });
});
