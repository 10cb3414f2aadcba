import { expect, it } from "vitest";
import { Departure } from "../../src/gateway/departure.ts";

function departing() {
  const client = new AbortController();
  const departure = new Departure(client.signal);
  const acts: string[] = [];
  return { client, departure, acts };
}

it("what waits for the answer hears once that the client has left", () => {
  const { client, departure, acts } = departing();
  departure.whenLeft(() => acts.push("first"));
  departure.whenLeft(() => acts.push("second"));
  expect(departure.hasLeft).toBe(false);
  client.abort();
  client.abort();
  expect(departure.hasLeft).toBe(true);
  expect(acts).toEqual(["first", "second"]);
});

it("what begins after the client has left hears it at once", () => {
  const { client, departure, acts } = departing();
  client.abort();
  departure.whenLeft(() => acts.push("later"));
  const known = new Departure(client.signal);
  known.whenLeft(() => acts.push("known before"));
  expect(known.hasLeft).toBe(true);
  expect(acts).toEqual(["later", "known before"]);
});

it("once the request has its answer, nothing hears of a client that leaves", () => {
  const { client, departure, acts } = departing();
  departure.whenLeft(() => acts.push("late"));
  departure.end();
  client.abort();
  expect(acts).toEqual([]);
});

it("leaves the listeners of code around the gateway in place, also those of a second gateway", () => {
  const client = new AbortController();
  const acts: string[] = [];
  client.signal.onabort = () => {
    acts.push("around");
  };
  for (const name of ["gateway", "second gateway"]) {
    new Departure(client.signal).whenLeft(() => acts.push(name));
  }
  client.abort();
  expect(acts.toSorted()).toEqual(["around", "gateway", "second gateway"]);
});
