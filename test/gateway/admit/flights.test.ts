import { expect, test } from "vitest";
import { Flights } from "../../../src/gateway/admit/flights.ts";

const ignore = () => {};
const newFlights = (now = () => 0) => new Flights<number>(now);

test("whoever comes while a call is under way gets its result", async () => {
  const flights = newFlights();
  const gate = Promise.withResolvers<number>();
  let begun = 0;
  const begin = () => {
    begun += 1;
    return gate.promise;
  };
  const results = [flights.join("a", begin, ignore), flights.join("a", begin, ignore)];
  gate.resolve(7);
  expect(await Promise.all(results)).toEqual([7, 7]);
  expect(begun).toBe(1);
});

test("calls for other keys, and calls after the end, are begun anew", async () => {
  const flights = newFlights();
  let begun = 0;
  const begin = async () => {
    begun += 1;
    return begun;
  };
  expect(await Promise.all([flights.join("a", begin, ignore), flights.join("b", begin, ignore)])).toEqual([1, 2]);
  expect(await flights.join("a", begin, ignore)).toBe(3);
});

test("a call that fails fails for all who wait, and not for those who come later", async () => {
  const flights = newFlights();
  const failing = () => Promise.reject(new Error("down"));
  const results = await Promise.allSettled([flights.join("a", failing, ignore), flights.join("a", failing, ignore)]);
  expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await flights.join("a", async () => 1, ignore)).toBe(1);
});

test("a call outlives the request that began it, and its failure is nobody's unhandled rejection", async () => {
  const flights = newFlights();
  const kept: Promise<unknown>[] = [];
  flights
    .join(
      "a",
      () => Promise.reject(new Error("down")),
      (work) => kept.push(work),
    )
    .catch(ignore);
  expect(kept).toHaveLength(1);
  await expect(kept[0]).resolves.toBeUndefined();
});

test("a call whose request died, so that it never ends, is begun anew after 15 s", async () => {
  let now = 0;
  const flights = newFlights(() => now);
  const late = Promise.withResolvers<number>();
  const first = flights.join("a", () => late.promise, ignore);
  now = 14_999;
  expect(flights.join("a", async () => 2, ignore)).toBe(first);
  now = 15_000;
  const gate = Promise.withResolvers<number>();
  const second = flights.join("a", () => gate.promise, ignore);
  // If it ends after all, the call that took its place is still under way.
  late.resolve(1);
  expect(await first).toBe(1);
  expect(flights.join("a", async () => 3, ignore)).toBe(second);
  gate.resolve(2);
  expect(await second).toBe(2);
  expect(await flights.join("a", async () => 3, ignore)).toBe(3);
});

test("a call is begun anew after the clock stepped back: nobody knows how old the one under way is", async () => {
  let now = 3_600_000;
  const flights = newFlights(() => now);
  void flights.join("a", () => new Promise(ignore), ignore);
  now = 0;
  expect(await flights.join("a", async () => 2, ignore)).toBe(2);
});
