import { describe, expect, test } from "vitest";
import { Generations } from "../../src/domain/generations.ts";

test("memory is bounded: of a million entries no more than two generations are held", () => {
  const map = new Generations<number, number>(1_000);
  for (let i = 0; i < 1_000_000; i++) map.set(i, i);
  let held = 0;
  for (let i = 0; i < 1_000_000; i++) if (map.get(i) !== undefined) held += 1;
  expect(held).toBeLessThanOrEqual(2_000);
  expect(map.get(999_999)).toBe(999_999);
});

test("what is used stays, however much comes and goes beside it", () => {
  const map = new Generations<string, number>(10);
  map.set("used", 1);
  for (let i = 0; i < 1_000; i++) {
    map.set(`other ${i}`, i);
    if (i % 5 === 0) expect(map.get("used")).toBe(1);
  }
  expect(map.get("other 0")).toBeUndefined();
});

test("what is deleted is gone from both generations", () => {
  const map = new Generations<string, number>(1);
  map.set("a", 1);
  map.set("b", 2);
  map.delete("a");
  map.delete("b");
  expect([map.get("a"), map.get("b")]).toEqual([undefined, undefined]);
  map.set("a", 3);
  map.clear();
  expect(map.get("a")).toBeUndefined();
});

describe("Where entries have sizes", () => {
  const sized = () => new Generations<string, { size: number }>(100, ({ size }) => size);
  const held = (map: Generations<string, { size: number }>, names: readonly string[]) =>
    names.filter((name) => map.get(name) !== undefined);

  test("large ones are fewer", () => {
    for (const [size, most] of [
      [1, 200],
      [10, 20],
      [50, 4],
    ] as const) {
      const map = sized();
      const names = Array.from({ length: 1_000 }, (_, n) => `entry ${n}`);
      for (const name of names) map.set(name, { size });
      expect(held(map, names.slice(-most / 2)).length).toBe(most / 2);
      expect(held(map, names.slice(0, -most))).toEqual([]);
    }
  });

  test("one that grows counts as what it has become, and one that is set again counts once", () => {
    const map = sized();
    const [first, second] = [{ size: 1 }, { size: 1 }];
    map.set("first", first);
    first.size = 100;
    map.grow("first", first, 99);
    map.set("second", second);
    map.set("second", second);
    map.set("third", { size: 99 });
    expect(map.get("first")).toBe(first);
    map.set("fourth", { size: 1 });
    expect(held(map, ["second", "third"])).toEqual([]);
  });

  test("one that is deleted does not count", () => {
    const map = sized();
    map.set("a", { size: 60 });
    map.delete("a");
    for (const name of ["b", "c", "d", "e"]) map.set(name, { size: 60 });
    expect(map.get("b")).toBeDefined();
  });

  test("one that is no longer there, or was replaced, does not grow", () => {
    const map = sized();
    map.grow("gone", { size: 1_000 }, 1_000);
    map.set("a", { size: 50 });
    map.grow("a", { size: 1_000 }, 1_000);
    map.set("b", { size: 50 });
    map.set("c", { size: 50 });
    expect(held(map, ["a", "b", "c"])).toEqual(["a", "b", "c"]);
  });
});
