import { afterEach, describe, expect, test, vi } from "vitest";
import { RecordKeeper } from "../../src/authority/record-keeper.ts";
import type { KeyRecord } from "../../src/domain/key.ts";

afterEach(() => {
  vi.useRealTimers();
});

const record = (version: string, revokedAt: number | null = null) => ({ version, revokedAt }) as KeyRecord;
const isFine = () => false;
const isVoid = () => true;

/** A keeper whose reads of D1 wait until the test answers them, in whatever order. */
function keeperOf(storage = new Map<string, unknown>()) {
  const reads: PromiseWithResolvers<KeyRecord | undefined>[] = [];
  const kv = {
    get: (name: string) => storage.get(name),
    put: (name: string, value: unknown) => storage.set(name, value),
    delete: (name: string) => storage.delete(name),
  };
  const keeper = new RecordKeeper(kv as unknown as SyncKvStorage, () => {
    const read = Promise.withResolvers<KeyRecord | undefined>();
    reads.push(read);
    return read.promise;
  });
  return {
    storage,
    reads,
    answer: (at: number, given: KeyRecord | undefined) => reads[at]?.resolve(given),
    read: (now: number, needless = isFine) => keeper.read("sandbox", "key_1", now, needless),
    reread: (now: number) => keeper.reread("sandbox", "key_1", now),
  };
}

/** A keeper that has read version 1 at the time 0. */
async function filled(version = record("1")) {
  const keeper = keeperOf();
  const first = keeper.read(0);
  keeper.answer(0, version);
  await first;
  return keeper;
}

describe("answers of D1 that overtake one another", () => {
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
  test("is replaced by a later read even where the clock has stepped back", async () => {
    const keeper = await filled();
    const changed = keeper.reread(-60_000);
    keeper.answer(1, record("2"));
    expect(await changed).toEqual(record("2"));
    expect(await keeper.read(-59_999)).toEqual(record("2"));
  });

  test("is read again at once where the clock has stepped back, and then kept for a minute as always", async () => {
    const keeper = await filled();
    const asked = keeper.read(-3_600_000);
    keeper.answer(1, record("2"));
    expect(await asked).toEqual(record("2"));
    expect(await keeper.read(-3_600_000 + 59_999)).toEqual(record("2"));
    expect(keeper.reads).toHaveLength(2);
  });

  test("is lent for no more than an hour where the clock has stepped back and D1 cannot be read, nor by the next instance", async () => {
    const { storage } = await filled();
    const back = -86_400_000;
    const ask = (now: number) => {
      const keeper = keeperOf(storage);
      const asked = keeper.read(now);
      keeper.reads[0]?.reject(new Error("D1 is down"));
      return asked;
    };
    expect(await ask(back)).toEqual(record("1"));
    expect(await ask(back + 3_540_000)).toEqual(record("1"));
    await expect(ask(back + 3_540_001)).rejects.toThrow("D1 is down");
  });

  test("is lent after a second where D1 hangs, and replaced once D1 answers", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const keeper = await filled();
    let lent: unknown;
    const asked = keeper.read(60_000).then((given) => {
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

  test("is waited for as long as it takes where there is none to lend meanwhile", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const keeper = keeperOf();
    const asked = keeper.read(0);
    await vi.advanceTimersByTimeAsync(3_000);
    keeper.answer(0, record("1"));
    expect(await asked).toEqual(record("1"));
  });

  test("is read again, however fresh, where it is void for the question", async () => {
    const keeper = await filled();
    const asked = keeper.read(1, isVoid);
    keeper.answer(1, record("2"));
    expect(await asked).toEqual(record("2"));
  });

  test("is found again in storage by the next instance", async () => {
    const { storage } = await filled();
    const restarted = keeperOf(storage);
    expect(await restarted.read(59_999)).toEqual(record("1"));
    expect(restarted.reads).toEqual([]);
  });

  test("of a revoked key is never asked of D1 again", async () => {
    const keeper = await filled(record("1", 5));
    expect(await keeper.read(1e12, isVoid)).toEqual(record("1", 5));
    expect(keeper.reads).toHaveLength(1);
  });
});
