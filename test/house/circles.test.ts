import { describe, expect, test } from "vitest";
import { sources } from "./sources.ts";

/** Groups of files that import each other, by themselves or through others of the group. Tarjan's algorithm. */
function circlesIn(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const circles: string[][] = [];
  const numbers = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const visit = (file: string): number => {
    const number = numbers.size;
    numbers.set(file, number);
    lowest.set(file, number);
    stack.push(file);
    for (const imported of imports.get(file) ?? []) {
      if (!numbers.has(imported)) lowest.set(file, Math.min(lowest.get(file) as number, visit(imported)));
      else if (stack.includes(imported))
        lowest.set(file, Math.min(lowest.get(file) as number, numbers.get(imported) as number));
    }
    if (lowest.get(file) === number) {
      const group = stack.splice(stack.indexOf(file));
      if (group.length > 1 || imports.get(file)?.includes(file)) circles.push(group.sort());
    }
    return lowest.get(file) as number;
  };
  for (const file of imports.keys()) if (!numbers.has(file)) visit(file);
  return circles;
}

describe("No file imports itself through others", () => {
  test("no circle of imports is in src, and types count too", () => {
    const imports = new Map(sources().map(({ path, imports }) => [path, imports]));
    expect(imports.size).toBeGreaterThan(200);
    expect(circlesIn(imports)).toEqual([]);
  });

  test("circles of every length are found, whatever leads to them", () => {
    const circles = circlesIn(
      new Map([
        ["entry", ["a", "itself"]],
        ["a", ["b", "leaf"]],
        ["b", ["c", "a"]],
        ["c", ["d", "leaf"]],
        ["d", ["b"]],
        ["itself", ["itself"]],
        ["leaf", []],
        ["x", ["y", "leaf"]],
        ["y", ["x"]],
      ]),
    );
    expect(circles.sort()).toEqual([["a", "b", "c", "d"], ["itself"], ["x", "y"]]);
  });
});
