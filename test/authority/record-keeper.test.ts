import { afterEach, describe, expect, test, vi } from "vitest";
import { type Needs, RecordKeeper } from "../../src/authority/record-keeper.ts";
import type { KeyRecord } from "../../src/domain/key.ts";
import type { NumberedRecord } from "../../src/store/key-records.ts";

afterEach(() => {
  vi.useRealTimers();
});

const YEAR = 365 * 86_400_000;

const record = (version: string, revokedAt: number | null = null) =>
  ({ version, revokedAt, secrets: [] as KeyRecord["secrets"] }) as KeyRecord;
const isVoid = () => true;

/** A keeper whose reads of D1 wait until the test answers them, in whatever order. */
function keeperOf(storage = new Map<string, unknown>(), random = () => 0.5) {
  const reads: PromiseWithResolvers<NumberedRecord | undefined>[] = [];
  const kv = {
    get: (name: string) => storage.get(name),
    put: (name: string, value: unknown) => storage.set(name, value),
    delete: (name: string) => storage.delete(name),
  };
  const readD1 = () => {
    const read = Promise.withResolvers<NumberedRecord | undefined>();
    reads.push(read);
    return read.promise;
  };
  const keeper = new RecordKeeper(kv as unknown as SyncKvStorage, readD1, random);
  return {
    storage,
    reads,
    answer: (at: number, given: KeyRecord | undefined, number: number | undefined = 7) =>
      reads[at]?.resolve(given && { record: given, number }),
    fail: (at: number) => reads[at]?.reject(new Error("D1 is down")),
    lacks: (number: number) => keeper.lacks(number),
    read: (now: number, needs?: Needs) => keeper.read("sandbox", "key_1", now, needs),
    reread: (now: number) => keeper.reread("sandbox", "key_1", now),
  };
}

/** A keeper that has read version 1 at the time 0, when the newest change was number 7. */
async function filled(version = record("1"), number: number | null = 7, random = () => 0.5) {
  const keeper = keeperOf(undefined, random);
  const first = keeper.read(0);
  keeper.reads[0]?.resolve({ record: version, number: number ?? undefined });
  await first;
  return keeper;
}

describe("answers of D1 that overtake one another", () => {
  test("tell nobody that a change is known here, if it could not be stored", async () => {
    const keeper = await filled();
    const [older, newer] = [keeper.reread(1), keeper.reread(1)];
    keeper.storage.set = () => {
      throw new Error("another object has replaced this one");
    };
    keeper.answer(2, record("3"), 9);
    await expect(newer).rejects.toThrow("replaced");
    keeper.answer(1, record("2"), 8);
    await expect(older).rejects.toThrow("replaced");
    expect(keeper.lacks(8)).toBe(true);
  });

  test("leave the one that was asked for last, even at the same millisecond", async () => {
    const keeper = keeperOf();
    const [older, newer] = [keeper.reread(0), keeper.reread(0)];
    keeper.answer(1, record("new"));
    expect(await newer).toEqual(record("new"));
    keeper.answer(0, record("old"));
    expect(await older).toEqual(record("new"));
    expect(await keeper.read(1)).toEqual(record("new"));
  });

  test("do not bring back a key that was deleted meanwhile", async () => {
    const keeper = keeperOf();
    const [older, newer] = [keeper.reread(0), keeper.reread(0)];
    keeper.answer(1, undefined);
    await newer;
    keeper.answer(0, record("old"));
    expect(await older).toBeUndefined();
    expect(keeper.storage.size).toBe(0);
  });

  test("do not undo a revocation", async () => {
    const keeper = keeperOf();
    const [first, second, third] = [keeper.reread(0), keeper.reread(0), keeper.reread(0)];
    keeper.answer(1, record("2", 5));
    keeper.answer(0, record("1"));
    keeper.answer(2, record("3"));
    expect([await first, await second, await third]).toEqual(Array(3).fill(record("2", 5)));
  });
});

describe("a record that is kept", () => {
  test("is lent without another read of D1, for a year, by this instance and by later ones, and wherever the clock steps", async () => {
    const { storage } = await filled();
    for (const now of [0, 59_999, 60_000, 3_600_001, -3_600_000, YEAR, 1]) {
      const restarted = keeperOf(storage);
      expect(await restarted.read(now)).toEqual(record("1"));
      expect(await restarted.read(now + 120_000)).toEqual(record("1"));
      expect(restarted.reads).toEqual([]);
    }
  });

  test("is replaced by a later read even if the clock has stepped back", async () => {
    const keeper = await filled();
    const changed = keeper.reread(-60_000);
    keeper.answer(1, record("2"));
    expect(await changed).toEqual(record("2"));
    expect(await keeper.read(-59_999)).toEqual(record("2"));
  });

  test("is lent after a second while D1 hangs, and replaced once D1 answers", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const keeper = await filled();
    let lent: unknown;
    const asked = keeper.read(60_000, { isVoid }).then((given) => {
      lent = given;
    });
    await vi.advanceTimersByTimeAsync(999);
    expect(lent).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    await asked;
    expect(lent).toEqual(record("1"));
    keeper.answer(1, record("2"));
    await vi.advanceTimersByTimeAsync(0);
    expect(await keeper.read(60_001)).toEqual(record("2"));
    expect(keeper.reads).toHaveLength(2);
  });

  test("is waited for as long as it takes if there is none to lend meanwhile", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const keeper = keeperOf();
    const asked = keeper.read(0);
    await vi.advanceTimersByTimeAsync(3_000);
    keeper.answer(0, record("1"));
    expect(await asked).toEqual(record("1"));
  });

  test("is read again, however new, if it does not serve the question", async () => {
    const keeper = await filled();
    const asked = keeper.read(1, { isVoid });
    keeper.answer(1, record("2"));
    expect(await asked).toEqual(record("2"));
  });

  test("of a revoked key is never asked of D1 again", async () => {
    const keeper = await filled(record("1", 5));
    expect(await keeper.read(1e12, { isVoid, generation: 1_000_000 })).toEqual(record("1", 5));
    expect(keeper.lacks(1_000_000)).toBe(false);
    expect(keeper.reads).toHaveLength(1);
  });
});

describe("a record without a number, stored by code from before numbers or read from a D1 without them", () => {
  test("is read again after a minute, and then kept for good", async () => {
    const storage = new Map<string, unknown>([["record", { record: record("1"), readAt: 0 }]]);
    const keeper = keeperOf(storage);
    expect(await keeper.read(59_999)).toEqual(record("1"));
    const asked = keeper.read(60_000);
    keeper.answer(0, record("2"), 9);
    expect(await asked).toEqual(record("2"));
    expect(storage.get("record")).toEqual({ record: record("2"), readAt: 60_000, number: 9 });
    expect(await keeper.read(YEAR)).toEqual(record("2"));
    expect(keeper.reads).toHaveLength(1);
  });

  test("is read again each minute for as long as D1 gives no number, also if a restore is known, and at once if the clock has stepped back", async () => {
    const keeper = await filled(record("1"), null);
    for (const [at, now] of [60_000, 120_000, -3_600_000].entries()) {
      if (now > 0) expect(await keeper.read(now - 1)).toEqual(record("1"));
      const asked = keeper.read(now, { generation: 1_000_000 });
      keeper.reads[at + 1]?.resolve({ record: record("1"), number: undefined });
      await asked;
      expect(keeper.reads).toHaveLength(at + 2);
    }
  });
});

describe("a change that the authority is told of", () => {
  test("is missing in an older record, and in none that is as new, newer or absent", async () => {
    const keeper = await filled();
    expect([6, 7, 8].map(keeper.lacks)).toEqual([false, false, true]);
    expect(keeperOf().lacks(8)).toBe(false);
    const unnumbered = keeperOf(new Map([["record", { record: record("1"), readAt: 0 }]]));
    expect(unnumbered.lacks(1)).toBe(true);
  });

  test("can be missing in what D1 is just about to answer, whatever was kept before", async () => {
    const keeper = keeperOf();
    const first = keeper.read(0);
    expect(keeper.lacks(8)).toBe(true);
    keeper.answer(0, record("1"));
    await first;
    const failing = keeper.reread(1);
    expect(keeper.lacks(6)).toBe(true);
    keeper.fail(1);
    await expect(failing).rejects.toThrow("D1 is down");
    expect(keeper.lacks(6)).toBe(false);
  });
});

describe("after a restore of D1", () => {
  const generation = 1_000_008;

  test("an authority in use reads at a random moment within a minute, and lends what it has until then", async () => {
    for (const random of [0, 0.25, 0.999]) {
      const keeper = await filled(record("1"), 7, () => random);
      await keeper.read(1_000);
      const due = 2_000 + random * 60_000;
      if (random > 0) {
        expect(await keeper.read(2_000, { generation })).toEqual(record("1"));
        expect(await keeper.read(due - 1, { generation })).toEqual(record("1"));
        expect(keeper.reads).toHaveLength(1);
      }
      const asked = keeper.read(due, { generation });
      keeper.answer(1, record("2"), generation + 3);
      expect(await asked).toEqual(record("2"));
      expect(await keeper.read(YEAR, { generation })).toEqual(record("2"));
      expect(keeper.reads).toHaveLength(2);
    }
  });

  test("one that was not asked for a minute, or has just started, reads before it lends", async () => {
    const { storage } = await filled();
    const slept = await filled();
    await slept.read(1_000);
    for (const [keeper, now] of [
      [keeperOf(storage), 1_001],
      [slept, 61_000],
    ] as const) {
      const before = keeper.reads.length;
      const asked = keeper.read(now, { generation });
      expect(keeper.reads).toHaveLength(before + 1);
      keeper.answer(before, record("2"), generation);
      expect(await asked).toEqual(record("2"));
    }
  });

  test("an isolate that has not heard of it yet causes no read, before or after", async () => {
    const keeper = await filled(record("1"), generation);
    expect(await keeper.read(1_000)).toEqual(record("1"));
    expect(await keeper.read(1_000, { generation: generation - 1_000_000 })).toEqual(record("1"));
    expect(await keeper.read(1_000, { generation })).toEqual(record("1"));
    expect(keeper.reads).toHaveLength(1);
  });

  test("a second one, which has lost the number of the first, causes one read for each, and not one for each question", async () => {
    const keeper = await filled();
    for (const [at, next] of [generation, generation + 1_000_000].entries()) {
      const asked = keeper.read((at + 1) * 120_000, { generation: next });
      keeper.answer(at + 1, record("2"), 5);
      await asked;
      expect(await keeper.read((at + 1) * 120_000 + 1, { generation: next })).toEqual(record("2"));
      expect(keeper.reads).toHaveLength(at + 2);
    }
  });

  test("an authority that cannot read D1 lends what it has, and waits for another random moment before it tries again", async () => {
    const keeper = await filled();
    const asked = keeper.read(61_000, { generation });
    keeper.fail(1);
    expect(await asked).toEqual(record("1"));
    expect(await keeper.read(61_000 + 29_999, { generation })).toEqual(record("1"));
    expect(keeper.reads).toHaveLength(2);
    const again = keeper.read(61_000 + 30_000, { generation });
    keeper.answer(2, record("2"), generation);
    expect(await again).toEqual(record("2"));
  });

  test("a clock that steps back delays nothing: D1 is read at once", async () => {
    const keeper = await filled();
    await keeper.read(1_000);
    await keeper.read(2_000, { generation });
    const asked = keeper.read(-3_600_000, { generation });
    keeper.answer(1, record("2"), generation);
    expect(await asked).toEqual(record("2"));
  });
});
