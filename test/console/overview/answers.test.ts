import { expect, test } from "vitest";
import { Answers } from "../../../src/console/overview/parts.tsx";
import type { UsageSum } from "../../../src/domain/usage-sums.ts";

const sumOf = (...answered: number[]): UsageSum => ({ group: {}, requests: 9, refused: 0, failed: 0, answered });

test("the overview says how many answers of each class the origin gave, and how many requests got none", () => {
  const page = String(Answers({ sums: [sumOf(0, 1_200, 0, 3, 0, 0, 50, 60), sumOf(0, 4, 0, 0, 0, 2, 0, 0)] }));
  const text = page.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");
  expect(text).toContain("2xx 1,204 4xx 3 no answer 2");
  expect(text).not.toMatch(/1xx|3xx|5xx/);
  expect(String(Answers({ sums: [] }))).toContain("None in this time.");
});
