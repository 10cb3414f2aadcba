import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { StuckClock } from "../../src/authority/stuck-clock.ts";
import { readMachineTime } from "../../src/store/machine-time.ts";
import { authorityOf } from "./ask.ts";

/** The state of an object on a machine whose clock the test sets. */
function objectAt(start: number) {
  const machine = { now: start, restarts: 0 };
  const state = {
    storage: { sql: { exec: () => ({ one: () => ({ now: machine.now }) }) } },
    abort: () => {
      machine.restarts += 1;
    },
  };
  return { machine, state: state as unknown as DurableObjectState };
}

test.each([
  [-1_001, 1],
  [-3_600_000, 1],
  [-1_000, 0],
  [-5, 0],
  [0, 0],
  [86_400_000, 0],
])(
  "an object restarts where the machine's clock has gone back by more than a second: %i ms, %i restarts",
  (by, restarts) => {
    const { machine, state } = objectAt(10_000_000);
    const clock = new StuckClock(state);
    machine.now += 60_000;
    clock.restartIfStuck();
    machine.now += by;
    clock.restartIfStuck();
    expect(machine.restarts).toBe(restarts);
  },
);

test("a step is seen from the moment at which the object began, and once", () => {
  const { machine, state } = objectAt(10_000_000);
  const clock = new StuckClock(state);
  machine.now -= 60_000;
  clock.restartIfStuck();
  expect(machine.restarts).toBe(1);
  // The next instance.
  const next = new StuckClock(state);
  machine.now += 5;
  next.restartIfStuck();
  expect(machine.restarts).toBe(1);
});

test("SQLite reads the time of the machine, in milliseconds", async () => {
  const before = Date.now();
  const read = await runInDurableObject(authorityOf({ environment: "sandbox", id: "key_none" }), (_, { storage }) =>
    readMachineTime(storage.sql),
  );
  expect(read).toBeGreaterThanOrEqual(before - 1_000);
  expect(read).toBeLessThan(before + 60_000);
});
