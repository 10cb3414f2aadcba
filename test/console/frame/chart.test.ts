/** Charts of requests over time. */

import { expect, test } from "vitest";
import { Chart } from "../../../src/console/frame/chart.tsx";
import { lastOf } from "../../../src/console/frame/period.ts";
import { DAY_MS } from "../../../src/domain/durations.ts";
import { decode } from "../entities.ts";

test("a chart draws the day that is not over differently, with script and without", () => {
  const now = Date.UTC(2026, 10, 29, 12);
  const period = lastOf(7, "day", now);
  const sum = { requests: 5, refused: 0, failed: 0, answered: [] };
  const sums = [now - DAY_MS, now].map((at) => ({ ...sum, group: { day: at - (at % DAY_MS), outcome: "forwarded" } }));
  const html = String(Chart({ sums, period, label: "Requests by day" }));
  expect(html.match(/<g class="running">/g)).toHaveLength(1);
  const [, plot = ""] = /data-plot="([^"]*)"/.exec(html) ?? [];
  expect(JSON.parse(decode(plot)).running).toBe(6);
});
