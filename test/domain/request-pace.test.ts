import { expect, test } from "vitest";
import { KEPT } from "../../src/domain/pace.ts";
import { RequestPace } from "../../src/domain/request-pace.ts";

const MINUTE_MS = 60_000;

test("All reports of a minute together have about as many requests as a collector wants, and each at least one", () => {
  const pace = new RequestPace();
  for (let minute = 0, reports = 1_000; minute < 4; minute++, reports *= 5) {
    let most = 0;
    for (let n = 0; n < reports; n++) most = pace.hear(minute * MINUTE_MS + (n * MINUTE_MS) / reports);
    expect(most).toBe(Math.ceil(KEPT.aMinute / reports));
  }
});

test("After a quiet minute, and after a clock that stepped, a report can have many again", () => {
  const pace = new RequestPace();
  for (let n = 0; n < 1_000; n++) pace.hear(0);
  expect(pace.hear(MINUTE_MS)).toBe(Math.ceil(KEPT.aMinute / 1_000));
  expect(pace.hear(4 * MINUTE_MS)).toBe(KEPT.aMinute);
  expect(pace.hear(-MINUTE_MS)).toBe(KEPT.aMinute);
});
