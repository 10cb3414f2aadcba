import { expect, test } from "vitest";
import { agoOf, listOf, momentOf, plural, secondsOf, spanOf } from "../../../src/console/frame/words.ts";
import { differencesOf } from "../../../src/console/keys/differences.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

test.for([
  [0, "1 minute"],
  [59 * MINUTE, "59 minutes"],
  [HOUR, "1 hour"],
  [DAY - 1, "23 hours"],
  [DAY, "1 day"],
  [59 * DAY, "59 days"],
  [60 * DAY, "2 months"],
] as const)("a span of %i ms is %s", ([ms, words]) => expect(spanOf(ms)).toBe(words));

test.for([
  [1, "1 second"],
  [60, "1 minute"],
  [90, "90 seconds"],
  [7200, "2 hours"],
  [86_400, "1 day"],
] as const)("a window of %i s is %s", ([seconds, words]) => expect(secondsOf(seconds)).toBe(words));

test("times name their zone, and numbers their unit", () => {
  expect(momentOf(Date.UTC(2026, 10, 24, 9, 5))).toBe("24 Nov 2026, 09:05 UTC");
  expect(agoOf(0, 59_999)).toBe("just now");
  expect(agoOf(0, 2 * HOUR)).toBe("2 hours ago");
  expect(plural(1, "key")).toBe("1 key");
  expect(plural(12_345, "key")).toBe("12,345 keys");
  expect(["", "a", "a and b", "a, b and c"]).toEqual([[], ["a"], ["a", "b"], ["a", "b", "c"]].map(listOf));
});

test("a change is what goes and what comes, in names", () => {
  const before = {
    name: "old",
    scopes: ["a:read", "b:read"],
    workspace_ids: ["ws_1"],
    description: null,
    limits: null,
  };
  const rates = [{ name: "minute", limit: 5, window: 60 }];
  const after = {
    name: "new",
    scopes: ["b:read"],
    workspace_ids: ["ws_1", "ws_2"],
    description: null,
    limits: { rates },
  };
  expect(differencesOf(before, after, (id) => (id === "ws_2" ? "Berlin" : id))).toEqual([
    { field: "name", removed: ["old"], added: ["new"] },
    { field: "scopes", removed: ["a:read"], added: [] },
    { field: "workspaces", removed: [], added: ["Berlin"] },
    { field: "limits", removed: [], added: ["rate name minute, limit 5, window 60"] },
  ]);
  expect(differencesOf(before, before, String)).toEqual([]);
});

test("a change of workspaces is seen, though their names are the same", () => {
  const [before, after] = [{ workspace_ids: ["ws_1"] }, { workspace_ids: ["ws_1", "ws_2"] }];
  expect(differencesOf(before, after, () => "Sales")).toEqual([{ field: "workspaces", removed: [], added: ["Sales"] }]);
});
