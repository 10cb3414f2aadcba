import { expect, test } from "vitest";
import { Lookups } from "../../../src/gateway/admit/lookups.ts";

test("what was not there is looked for again after five seconds, and at once where the clock has stepped back", async () => {
  let now = 10_000_000;
  let reads = 0;
  const lookups = new Lookups({ limit: async () => ({ success: true }) }, () => now);
  const find = () =>
    lookups.find("name", "192.0.2.1", async () => {
      reads += 1;
      return undefined;
    });
  await find();
  for (const [after, expected] of [
    [4_999, 1],
    [1, 2],
    [-3_600_000, 3],
    [4_999, 3],
    [1, 4],
  ] as const) {
    now += after;
    await find();
    expect(reads).toBe(expected);
  }
});
