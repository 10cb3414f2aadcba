/** One key of the traffic: clients that come when they like, isolates that live for a while, and the key's authority. */

import { DAY_MS } from "../../domain/durations.ts";
import type { Limits } from "../../domain/limits.ts";
import { Agenda } from "./agenda.ts";
import { SimulatedAuthority } from "./authority.ts";
import { SimulatedIsolate, type Surroundings } from "./isolate.ts";
import { Tally } from "./tally.ts";
import type { Traffic } from "./traffic.ts";

export interface KeyWorld {
  readonly perSecond: number;
  readonly limits: Limits;
  readonly ttlMs: number;
  readonly isolates: number;
  readonly isolateLifeMs: number;
  /** Milliseconds to the authority and back, of the nth isolate. */
  readonly roundTripMs: (isolate: number) => number;
  /** After this pause an isolate has forgotten whose secret it is. */
  readonly forgetsAfterMs: number;
  readonly reportAfterMs: number;
  /** Its isolates hear of changes by the feed. */
  readonly follows: boolean;
  readonly keeping?: Traffic["keeping"];
  readonly kvMs: number;
  readonly d1Ms: number;
  /** When requests come, and to which isolates. */
  readonly random: () => number;
  /** All else that is by chance. */
  readonly chances: () => number;
}

/** Where real clocks could be: no quota's period ends while a key is simulated. */
const START = Date.UTC(2026, 0, 1);

interface Place {
  isolate: SimulatedIsolate;
  endsAt: number;
  /** When it last knew whose secret it is. */
  knewAt: number;
}

/** What the key causes in `seconds`, after `warmSeconds` in which everything comes to its usual state. */
export function simulateKey(world: KeyWorld, warmSeconds: number, seconds: number): Tally {
  const simulation = new Simulation(world);
  const measured = new Tally();
  simulation.run(START, START + warmSeconds * 1_000);
  measured.add(simulation.tally, -1);
  simulation.run(START + warmSeconds * 1_000, START + (warmSeconds + seconds) * 1_000);
  measured.add(simulation.tally, 1);
  return measured;
}

class Simulation {
  readonly tally = new Tally();
  readonly #world: KeyWorld;
  readonly #agenda = new Agenda();
  readonly #authority: SimulatedAuthority;
  readonly #places: (Place | undefined)[] = [];
  readonly #ideal: IdealCounter;
  #isKnownUntil = Number.NEGATIVE_INFINITY;
  #nextAt: number | undefined;

  constructor(world: KeyWorld) {
    this.#world = world;
    this.#authority = new SimulatedAuthority(world.limits, world.ttlMs, world.chances, this.tally);
    this.#ideal = new IdealCounter(world.limits);
  }

  run(from: number, to: number): void {
    if (this.#nextAt === undefined) this.#arrive(from + this.#gap());
    this.#agenda.run(to);
    this.tally.admittedIdeally = this.#ideal.admitted;
  }

  #gap(): number {
    return (-Math.log(1 - this.#world.random()) * 1_000) / this.#world.perSecond;
  }

  #arrive(at: number): void {
    this.#nextAt = at;
    this.#agenda.add(at, (now) => {
      this.#request(now);
      this.#arrive(now + this.#gap());
    });
  }

  #request(now: number): void {
    const { isolates, random, kvMs, d1Ms, forgetsAfterMs } = this.#world;
    this.tally.requests += 1;
    this.#ideal.request(now);
    const index = Math.floor(random() * isolates);
    const place = this.#placeAt(index, now);
    const knows = now - place.knewAt <= forgetsAfterMs;
    place.knewAt = now;
    if (knows) {
      place.isolate.request(now, now);
      return;
    }
    this.tally.kvReads += 1;
    const isInKv = now < this.#isKnownUntil;
    if (!isInKv) {
      this.tally.d1Reads += 1;
      this.tally.kvWrites += 1;
      this.#isKnownUntil = now + DAY_MS;
    }
    this.#agenda.add(now + kvMs + (isInKv ? 0 : d1Ms), (found) => place.isolate.request(found, now));
  }

  #placeAt(index: number, now: number): Place {
    const known = this.#places[index];
    if (known && now < known.endsAt) return known;
    known?.isolate.end();
    const { isolateLifeMs, chances, roundTripMs, reportAfterMs, follows, keeping } = this.#world;
    const around: Surroundings = {
      agenda: this.#agenda,
      authority: this.#authority,
      tally: this.tally,
      roundTripMs: roundTripMs(index),
      reportAfterMs,
      follows,
      keeping,
    };
    const place: Place = {
      isolate: new SimulatedIsolate(around),
      endsAt: now - Math.log(1 - chances()) * isolateLifeMs,
      knewAt: Number.NEGATIVE_INFINITY,
    };
    this.#places[index] = place;
    return place;
  }
}

/** One counter that sees every request at once. Of quotas it knows the first period alone. */
class IdealCounter {
  admitted = 0;
  readonly #buckets: { readonly perMs: number; readonly burst: number; level: number; at: number }[];
  #quota: number;

  constructor({ rates, quotas }: Limits) {
    this.#buckets = rates.map(({ limit, window, burst }) => ({
      ...{ perMs: limit / window / 1_000, burst },
      ...{ level: burst, at: START },
    }));
    this.#quota = Math.min(...quotas.map(({ limit }) => limit));
  }

  request(now: number): void {
    for (const bucket of this.#buckets) {
      bucket.level = Math.min(bucket.burst, bucket.level + (now - bucket.at) * bucket.perMs);
      bucket.at = now;
    }
    if (this.#quota < 1 || this.#buckets.some(({ level }) => level < 1)) return;
    for (const bucket of this.#buckets) bucket.level -= 1;
    this.#quota -= 1;
    this.admitted += 1;
  }
}
