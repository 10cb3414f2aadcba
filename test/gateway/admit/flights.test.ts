import { expect, test } from "vitest";
import { Flights } from "../../../src/gateway/admit/flights.ts";

const ignore = () => {};

test("whoever comes while a call is under way gets its result", async () => {
  const flights = new Flights<number>();
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
  const flights = new Flights<number>();
  let begun = 0;
  const begin = async () => {
    begun += 1;
    return begun;
  };
  expect(await Promise.all([flights.join("a", begin, ignore), flights.join("b", begin, ignore)])).toEqual([1, 2]);
  expect(await flights.join("a", begin, ignore)).toBe(3);
});

test("a call that fails fails for all who wait, and not for those who come later", async () => {
  const flights = new Flights<number>();
  const failing = () => Promise.reject(new Error("down"));
  const results = await Promise.allSettled([flights.join("a", failing, ignore), flights.join("a", failing, ignore)]);
  expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await flights.join("a", async () => 1, ignore)).toBe(1);
});

test("a call outlives the request that began it, and its failure is nobody's unhandled rejection", async () => {
  const flights = new Flights<number>();
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
