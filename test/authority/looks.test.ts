/** When a feed asks D1, and for whom. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Feed, type FeedContacts } from "../../src/authority/feed.ts";
import type { ChangeRow } from "../../src/domain/feed.ts";

const EVERY_MS = 250;
const AFTER_FAULT_MS = 3_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** A feed that began some time ago, and its D1. */
async function begun(contacts: Partial<FeedContacts> = {}) {
  const rows: ChangeRow[] = [];
  const change = () => {
    const number = rows.length + 1;
    rows.push({ number, mark: `m${number}`, kind: "api_key", environment: "production", subject: `key_${number}` });
  };
  change();
  const looks: number[] = [];
  let read = async (number: number) => rows.filter((row) => row.number >= number);
  const feed = new Feed({
    told: async () => ({ number: 1, generation: 0 }),
    readStart: async () => ({ rows: [...rows], pending: [] }),
    readRows: (number) => {
      looks.push(Date.now() - begunAt);
      return read(number);
    },
    now: () => Date.now(),
    ...contacts,
  });
  const ask = async () => {
    const answer = await feed.since({ after: { number: 1, mark: "m1" } });
    return answer?.position.number;
  };
  await ask();
  await pass(AFTER_FAULT_MS);
  const begunAt = Date.now();
  const readBy = (other: (rows: readonly ChangeRow[]) => Promise<ChangeRow[]>) => {
    read = (number) => other(rows.filter((row) => row.number >= number));
  };
  return { ask, change, looks, readBy };
}

test("A question that comes long after the latest look does not wait", async () => {
  const { ask, change, looks } = await begun();
  change();
  expect(await ask()).toBe(2);
  expect(looks).toEqual([0]);
});

test("A question is answered by a look that began after it, also while the clock of the object stands still", async () => {
  const stoodAt = Date.now();
  const { ask, change } = await begun({ now: () => stoodAt });
  change();
  const answer = ask();
  await pass(EVERY_MS);
  expect(await answer).toBe(2);
});

test("Looks are 250 ms apart, and each is for all who have asked since the one before", async () => {
  const { ask, change, looks } = await begun();
  const answers = [ask()];
  for (let n = 1; n <= 10; n++) {
    await pass(100);
    change();
    answers.push(ask());
  }
  await pass(EVERY_MS);
  expect(await Promise.all(answers)).toEqual([1, 3, 3, 5, 5, 8, 8, 8, 10, 10, 11]);
  expect(looks).toEqual([0, 250, 500, 750, 1_000, 1_250]);
});

test("A question that comes during a look waits for the next one, which begins when that is over", async () => {
  const { ask, change, looks, readBy } = await begun();
  const { promise, resolve } = Promise.withResolvers<void>();
  readBy(async (rows) => {
    await promise;
    return [...rows];
  });
  const first = ask();
  await pass(2 * EVERY_MS);
  change();
  const second = ask();
  await pass(EVERY_MS);
  expect(looks).toEqual([0]);
  resolve();
  expect([await first, await second]).toEqual([1, 2]);
  expect(looks).toEqual([0, 3 * EVERY_MS]);
});

test("After a query that failed, the next one comes 250 ms later, and what was known is not read again", async () => {
  const { ask, change, looks, readBy } = await begun();
  readBy(async () => {
    readBy(async (rows) => [...rows]);
    throw new Error("D1_ERROR: Network connection lost.");
  });
  await expect(ask()).rejects.toThrow("lost");
  change();
  const answer = ask();
  await pass(EVERY_MS);
  expect(await answer).toBe(2);
  expect(looks).toEqual([0, EVERY_MS]);
});

test("After a start that failed, nobody waits, and D1 is left alone for three seconds", async () => {
  let starts = 0;
  const { ask } = await begun({
    readStart: async () => {
      starts += 1;
      return undefined;
    },
  });
  expect([await ask(), await ask(), starts]).toEqual([undefined, undefined, 2]);
  await pass(AFTER_FAULT_MS - 1);
  expect([await ask(), starts]).toEqual([undefined, 2]);
  await pass(1);
  expect([await ask(), starts]).toEqual([undefined, 3]);
});

test("A start that takes too long does not replace what a later one has read", async () => {
  const late = Promise.withResolvers<undefined>();
  const row = { number: 1, mark: "m1", kind: "secret", environment: "production", subject: "key_1" } as const;
  let starts = 0;
  const feed = new Feed({
    told: async () => ({ number: 1, generation: 0 }),
    readStart: async () => {
      starts += 1;
      return starts === 1 ? late.promise : { rows: [row], pending: [] };
    },
    readRows: async () => [row],
    now: () => Date.now(),
  });
  const asked = expect(feed.since({ after: undefined })).rejects.toThrow("no answer");
  await pass(AFTER_FAULT_MS);
  await asked;
  expect((await feed.since({ after: undefined }))?.position.number).toBe(1);
  late.resolve(undefined);
  await pass(EVERY_MS);
  expect((await feed.since({ after: undefined }))?.position.number).toBe(1);
});
