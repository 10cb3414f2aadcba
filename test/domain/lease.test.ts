import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { leaseSize } from "../../src/domain/lease.ts";

describe("the size of a lease", () => {
  test.each([
    { available: 100, waiting: 1, wanted: 1, size: 1, what: "one for the one who waits" },
    { available: 100, waiting: 7, wanted: 1, size: 7, what: "one for each who waits" },
    { available: 5, waiting: 7, wanted: 50, size: 5, what: "all there is, where more wait" },
    { available: 0, waiting: 7, wanted: 50, size: 0, what: "nothing, where there is nothing" },
    { available: 100, waiting: 0, wanted: 1, size: 1, what: "one, where those who waited have left" },
    { available: 101, waiting: 1, wanted: 12, size: 12, what: "what is wanted, while that is little" },
    { available: 101, waiting: 1, wanted: 500, size: 12, what: "a ninth of the rest as stock" },
    { available: 101, waiting: 61, wanted: 500, size: 65, what: "those who wait, and a ninth of the rest" },
    { available: 101, waiting: 61, wanted: 10, size: 61, what: "no stock, where fewer are wanted than wait" },
    { available: 9, waiting: 1, wanted: 9, size: 1, what: "no stock, where a ninth is less than one" },
    { available: 9, waiting: 0, wanted: 0, size: 0, what: "nothing, where a question only reports" },
  ])("is $what: $size of $available for $waiting who wait and $wanted wanted", ({ size, available, ...asked }) => {
    expect(leaseSize(available, asked)).toBe(size);
  });

  test("serves those who wait first, and never lends more than there is or keeps more than its share", () => {
    const count = fc.nat(1_000);
    fc.assert(
      fc.property(count, count, fc.integer({ min: 1, max: 1_000 }), (available, waiting, wanted) => {
        const size = leaseSize(available, { waiting, wanted });
        const served = Math.min(available, Math.max(1, waiting));
        expect(size).toBeLessThanOrEqual(available);
        expect(size).toBeGreaterThanOrEqual(served);
        expect(size - served).toBeLessThanOrEqual((available - served) / 9);
        expect(size).toBeLessThanOrEqual(Math.max(served, wanted));
      }),
    );
  });
});
