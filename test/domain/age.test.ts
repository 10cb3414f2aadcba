import { expect, test } from "vitest";
import { isRecent } from "../../src/domain/age.ts";

test.each([
  [1_000, true],
  [1_099, true],
  [1_100, false],
  [999, false],
  [-1e9, false],
])(
  "what was at 1,000 is recent for 100 ms and not in the future, for the clock has stepped back then: at %i, %s",
  (now, expected) => {
    expect(isRecent(1_000, 100, now)).toBe(expected);
  },
);
