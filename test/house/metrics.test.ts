import { expect, test } from "vitest";
import { COLUMNS } from "../gateway/data-point-columns.ts";
import { read } from "./sources.ts";

const page = read("docs/metrics.md");

test("docs/metrics.md has every column of a data point, in their order", () => {
  const rows = Object.entries(COLUMNS).map(([column, field]) => `| \`${column}\` | \`${field}\` |`);
  expect(page).toContain(["|---|---|", ...rows, ""].join("\n"));
});
