import { afterEach, expect, test, vi } from "vitest";
import { memoryReplays } from "../../src/origin/replays.ts";

afterEach(() => {
  vi.useRealTimers();
});

const NOON = Date.UTC(2040, 4, 31, 12);
const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000];
/** How long an assertion of a gateway whose clock is ahead can be used. */
const LIFE_MS = 2 * MINUTE;

function replaysByClock() {
  const replays = memoryReplays();
  return (jti: string, now: number) => {
    vi.useFakeTimers({ toFake: ["Date"], now });
    return replays.seen(jti, now + LIFE_MS);
  };
}

test.each([1, SECOND, MINUTE])("no assertion can be used twice if the clock steps back by %i ms", async (step) => {
  for (let usedAt = NOON; usedAt < NOON + 8 * MINUTE; usedAt += 10 * SECOND) {
    for (const waited of [1, MINUTE / 2, MINUTE]) {
      const seen = replaysByClock();
      for (let now = NOON; now < usedAt; now += 10 * SECOND) await seen(`at ${now}`, now);
      await seen("used", usedAt);
      await seen("another", usedAt + waited);
      for (let now = usedAt + waited - step; now < usedAt + LIFE_MS; now += 10 * SECOND) {
        expect(await seen("used", now), `used after ${usedAt - NOON} ms, again after ${now - NOON}`).toBe(true);
      }
    }
  }
});

test("what was used is not kept for an hour because the clock has stepped back by an hour", async () => {
  const seen = replaysByClock();
  await seen("used", NOON);
  for (let now = NOON - HOUR; now < NOON - HOUR + 12 * MINUTE; now += MINUTE) await seen(`at ${now}`, now);
  expect(await seen("used", NOON - HOUR + 12 * MINUTE)).toBe(false);
});
