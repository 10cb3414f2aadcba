import { describe, expect, test } from "vitest";
import { isLive, isSeenAnew } from "../../src/domain/session.ts";

const HOUR = 3_600_000;
const MINUTE = 60_000;

describe("a session", () => {
  const session = { lastSeenAt: 0, expiresAt: 12 * HOUR, revokedAt: null };

  test.each([
    ["lives when it was just seen", {}, 0, true],
    ["lives until it was idle for two hours", {}, 2 * HOUR - 1, true],
    ["is over once it was idle for two hours", {}, 2 * HOUR, false],
    ["lives while it is seen, until twelve hours are over", { lastSeenAt: 11 * HOUR }, 12 * HOUR - 1, true],
    ["is over after twelve hours, however often it is seen", { lastSeenAt: 12 * HOUR - 1 }, 12 * HOUR, false],
    ["is over from its revocation on", { revokedAt: 5 }, 5, false],
    ["is over from its revocation on, also by a clock that went back", { revokedAt: 5 }, 4, false],
  ])("%s", (_, differences, now, live) => {
    expect(isLive({ ...session, ...differences }, now)).toBe(live);
  });

  test.each([
    [5 * MINUTE - 1, false],
    [5 * MINUTE, true],
    [-HOUR, false],
  ])("that is seen again after %d ms is written down: %s", (now, seenAnew) => {
    expect(isSeenAnew(session, now)).toBe(seenAnew);
  });
});
