import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concernedBy, later, type Mark, type RecordChange, wasRestored } from "../../src/domain/record-changes.ts";

const marks = fc.record({ number: fc.nat(20), mark: fc.constantFrom("a", "b") });

describe("D1 was restored", () => {
  const seen = { number: 7, mark: "a" };
  test.each<[string, Mark | undefined, Mark | undefined, boolean]>([
    ["not if nothing was seen before", undefined, undefined, false],
    ["not if it has the row that was seen", seen, seen, false],
    ["if that row is gone", seen, undefined, true],
    ["if another row has its number", seen, { number: 7, mark: "b" }, true],
  ])("%s", (_, before, found, expected) => expect(wasRestored(before, found)).toBe(expected));
});

test("of two marks the later one is the one with the higher number, whichever comes first", () => {
  fc.assert(
    fc.property(fc.option(marks, { nil: undefined }), fc.option(marks, { nil: undefined }), (one, other) => {
      const numbers = [one, other].flatMap((mark) => mark?.number ?? []);
      expect(later(one, other)?.number).toBe(numbers.length > 0 ? Math.max(...numbers) : undefined);
    }),
  );
});

test("everybody whom a change concerns is told once, with the newest number, and nobody else is", () => {
  const change = fc.record({
    kind: fc.constantFrom("api_key", "member", "organization", "secret", "restored"),
    environment: fc.constantFrom("production", "sandbox"),
    subject: fc.constantFrom("1", "2", "3"),
  });
  fc.assert(
    fc.property(fc.array(change), (some) => {
      const changes = some.map((one, at) => ({ ...one, number: at + 1 })) as RecordChange[];
      const { keys, holders } = concernedBy(changes);
      const newest = new Map<string, number>();
      for (const { kind, environment, subject, number } of changes) {
        if (kind === "api_key") newest.set(`key ${environment} ${subject}`, number);
        if (kind === "member" || kind === "organization") newest.set(`${kind} ${subject}`, number);
      }
      const told = [
        ...keys.map(({ environment, id, number }) => [`key ${environment} ${id}`, number] as const),
        ...holders.map(({ kind, id, number }) => [`${kind} ${id}`, number] as const),
      ];
      expect(told.length).toBe(newest.size);
      expect(new Map(told)).toEqual(newest);
    }),
  );
});
