import { expect, it } from "vitest";
import { Departure } from "../../src/gateway/departure.ts";

function departing() {
  const client = new AbortController();
  const acts: string[] = [];
  return { client, departure: new Departure(client.signal), acts, exchange: new AbortController() };
}

it("a request that waits for its answer hears once that its client has left, and so does its exchange", () => {
  const { client, departure, acts, exchange } = departing();
  departure.keepAlive(() => acts.push("completed"));
  departure.abort(exchange, client.signal);
  expect(departure.hasLeft).toBe(false);
  client.abort();
  client.abort();
  expect(departure.hasLeft).toBe(true);
  expect(acts).toEqual(["completed"]);
  expect(exchange.signal.aborted).toBe(true);
});

it.for(["before", "after"])("what begins once the client has left hears it at once: known %s", (moment) => {
  const { client, acts, exchange, departure: early } = departing();
  client.abort();
  const departure = moment === "before" ? early : new Departure(client.signal);
  departure.keepAlive(() => acts.push("completed"));
  departure.abort(exchange, client.signal);
  expect(departure.hasLeft).toBe(true);
  expect(acts).toEqual(["completed"]);
  expect(exchange.signal.aborted).toBe(true);
});

it("a client that leaves in the middle of its answer ends the exchange, but completes nothing", () => {
  const { client, departure, acts, exchange } = departing();
  departure.keepAlive(() => acts.push("completed"));
  departure.abort(exchange, client.signal);
  departure.settle();
  client.abort();
  expect(acts).toEqual([]);
  expect(exchange.signal.aborted).toBe(true);
});

it("neither takes the place of a listener around the gateway nor gives way to one, also where two gateways share a request", () => {
  const client = new AbortController();
  const acts: string[] = [];
  const listener = (name: string) => () => {
    acts.push(name);
  };
  client.signal.onabort = listener("before");
  const departures = ["gateway", "second gateway"].map((name) => {
    const departure = new Departure(client.signal);
    departure.keepAlive(listener(name));
    return departure;
  });
  client.signal.onabort = listener("after");
  for (const departure of departures) departure.abort(new AbortController(), client.signal);
  client.abort();
  expect(acts.toSorted()).toEqual(["after", "gateway", "second gateway"]);
});

it("hears of the departure also where a hook has set onabort in the meantime", () => {
  const { client, departure, exchange } = departing();
  client.signal.onabort = () => {};
  departure.abort(exchange, client.signal);
  client.abort();
  expect(departure.hasLeft).toBe(true);
  expect(exchange.signal.aborted).toBe(true);
});
