import { expect, test } from "vitest";
import { renderMetrics } from "../../src/management/wire/metrics.ts";
import { COLUMNS } from "../gateway/data-point-columns.ts";
import { read } from "./sources.ts";

const page = read("docs/metrics.md");
const families = [...renderMetrics([]).matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = "", type = ""]) => ({
  name,
  type,
}));

test("docs/metrics.md has every metric, in their order", () => {
  const rows = [...page.matchAll(/^\| `(keygate_\w+)` \|/gm)].map(([, name]) => name);
  expect(rows).toEqual(families.map(({ name, type }) => (type === "counter" ? `${name}_total` : name)));
});

test("its alerts ask for metrics that there are", () => {
  const series = families.map(({ name, type }) => name + (type === "counter" ? "_total" : "_bucket"));
  const rules = /^# keygate-rules\.yml\n(.*?)^```/ms.exec(page)?.[1] ?? "";
  const asked = [...rules.matchAll(/\bkeygate_\w+/g)].map(([name]) => name);
  expect(asked.length).toBeGreaterThan(5);
  expect(asked.filter((name) => !series.includes(name))).toEqual([]);
});

test("docs/metrics.md has every column of a data point, in their order", () => {
  const rows = Object.entries(COLUMNS).map(([column, field]) => `| \`${column}\` | \`${field}\` |`);
  expect(page).toContain(["|---|---|", ...rows, ""].join("\n"));
});
