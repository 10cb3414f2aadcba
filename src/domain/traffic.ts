/**
 * How all requests of the data plane ended, by environment and route: those with a key, and all others. Isolates count it,
 * and collectors add it up.
 */

import { addAnswered, newAnswered, noteAnswer } from "./answers.ts";
import { addLatency, type Latency, newLatency, noteLatency } from "./latency.ts";
import type { Entry } from "./log-line.ts";

export interface Traffic extends Latency {
  /** By the code of the refusal, or the status of the answer. */
  readonly outcomes: Map<string | number, number>;
  readonly answered: number[];
}

export interface RouteTraffic extends Traffic {
  /** Empty if no environment was called. */
  readonly environment: string;
  /** As configured; empty if there was none. */
  readonly route: string;
}

interface Bounds {
  /** Pairs of environment and route; requests of further ones count without a route. */
  readonly routes: number;
  /** Of one route; further ones count as `other`. */
  readonly outcomes: number;
}

const BOUNDS: Bounds = { routes: 1_000, outcomes: 60 };
/** For sums of what is within bounds: if one kept to them too, a count could move to another route later, and so fall. */
export const UNBOUNDED: Bounds = { routes: Number.POSITIVE_INFINITY, outcomes: Number.POSITIVE_INFINITY };
const OTHER = "other";

export class TrafficTally {
  readonly #environments = new Map<string, Map<string, Traffic>>();
  readonly #bounds: Bounds;
  /** Those that have a route. */
  #size = 0;

  constructor(routes: Iterable<RouteTraffic> = [], bounds = BOUNDS) {
    this.#bounds = bounds;
    for (const route of routes) this.add(route);
  }

  get isEmpty(): boolean {
    return this.#environments.size === 0;
  }

  /** A finished request. */
  note(entry: Entry): void {
    const traffic = this.#at(entry.environment ?? "", entry.route ?? "");
    count(traffic.outcomes, entry.reason ?? entry.status, 1, this.#bounds.outcomes);
    noteAnswer(traffic.answered, entry);
    noteLatency(traffic, entry);
  }

  add({ environment, route, ...more }: RouteTraffic): void {
    addTraffic(this.#at(environment, route), more, this.#bounds);
  }

  all(): RouteTraffic[] {
    return [...this.#environments].flatMap(([environment, routes]) =>
      [...routes].map(([route, traffic]) => ({ environment, route, ...traffic })),
    );
  }

  /** Some of it, which is no longer here then. */
  take(routes: number): RouteTraffic[] {
    const taken = this.all().slice(0, routes);
    for (const { environment, route } of taken) {
      const left = this.#environments.get(environment);
      left?.delete(route);
      if (left?.size === 0) this.#environments.delete(environment);
    }
    this.#size -= taken.filter(({ route }) => route !== "").length;
    return taken;
  }

  #at(environment: string, route: string): Traffic {
    const routes = this.#environments.get(environment);
    const known = routes?.get(route);
    if (known) return known;
    if (this.#size >= this.#bounds.routes && route !== "") return this.#at(environment, "");
    const made = newTraffic();
    if (routes) routes.set(route, made);
    else this.#environments.set(environment, new Map([[route, made]]));
    if (route !== "") this.#size += 1;
    return made;
  }
}

export function newTraffic(): Traffic {
  return { outcomes: new Map(), answered: newAnswered(), ...newLatency() };
}

/** Adds `more` to `traffic`. */
export function addTraffic(traffic: Traffic, more: Traffic, { outcomes: most }: Bounds = BOUNDS): void {
  for (const [outcome, requests] of more.outcomes) count(traffic.outcomes, outcome, requests, most);
  addAnswered(traffic.answered, more.answered);
  addLatency(traffic, more);
}

function count(outcomes: Traffic["outcomes"], outcome: string | number, requests: number, most: number): void {
  const known = outcomes.get(outcome);
  if (known !== undefined) outcomes.set(outcome, known + requests);
  else if (outcomes.size < most || outcome === OTHER) outcomes.set(outcome, requests);
  else count(outcomes, OTHER, requests, most);
}

/** Refused by the gateway. */
export function refusedIn({ outcomes }: Traffic): number {
  let sum = 0;
  for (const [outcome, requests] of outcomes) if (typeof outcome === "string" && outcome !== OTHER) sum += requests;
  return sum;
}
