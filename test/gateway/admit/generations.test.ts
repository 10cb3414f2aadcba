import { expect, test } from "vitest";
import { Generations } from "../../../src/gateway/admit/generations.ts";

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
