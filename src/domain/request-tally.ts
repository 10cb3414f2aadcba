/** What an isolate notes of its requests between two reports: a bounded number of them, and how many there were. */

import { HOUR_MS } from "./durations.ts";
import type { HourOfRequests, KeptRequest, Place } from "./kept-request.ts";
import { randomPartOf } from "./request-id.ts";
import { FIRST_KEPT, type Group, isFailure, LAST_KEPT, SAMPLE_SIZE, select } from "./request-log.ts";

/** Of one report to each collector. */
export const MAX_REPORTED = 1_500;
export const MAX_REPORTED_GROUPS = 3_000;
/** Requests of all groups together, until they are reported; further ones are only counted. */
export const MAX_HELD = 20_000;
/** Of one group, until some are selected. */
const MAX_WAITING = 2 * (FIRST_KEPT + LAST_KEPT);

/** What is looked at of every finished request; the rest only of those that are kept. */
export interface Finished {
  readonly request_id: string;
  /** When it began. */
  readonly time: number;
  readonly route: string | undefined;
  /** The code of the refusal. */
  readonly reason: string | undefined;
  readonly status: number;
}

interface Noting {
  readonly place: Place | null;
  readonly hour: number;
  readonly route: string;
  readonly outcome: string;
  readonly failed: boolean;
  requests: number;
  waiting: readonly KeptRequest[];
  /** The greatest random part of a full sample. */
  greatest: string | undefined;
}

type Groups = Map<string, Map<string, Map<string, Map<string | number, Noting>>>>;

/** Whose requests: a principal. */
export interface Whose {
  readonly organization: string;
  readonly environment: string;
}

/** `More`: what a request is kept with beside what is looked at. */
export class RequestTally<F extends Finished, More> {
  readonly #keep: (finished: F, more: More) => KeptRequest;
  #hours = new Map<number, Groups>();
  #all: Noting[] = [];
  #held = 0;
  /** Of the latest request. */
  #hour = Number.NaN;
  /** Of that hour, by environment, organization, route and outcome: strings that each request has at hand. */
  #groups: Groups = new Map();

  constructor(keep: (finished: F, more: More) => KeptRequest) {
    this.#keep = keep;
  }

  get isEmpty(): boolean {
    return this.#all.length === 0;
  }

  /** `whose`: `undefined` if the organization is not known. Of most requests that succeed nothing is made but a number. */
  note(whose: Whose | undefined, finished: F, more: More): void {
    const group = this.#groupOf(whose, finished);
    if (!group) return;
    group.requests += 1;
    if (this.#held >= MAX_HELD) return;
    const before = group.waiting.length;
    if (group.failed) addFailure(group, this.#keep(finished, more));
    else if (group.greatest === undefined || randomPartOf(finished.request_id) < group.greatest) {
      addToSample(group, this.#keep(finished, more));
    }
    this.#held += group.waiting.length - before;
  }

  /** What was noted since the last time. */
  take(): HourOfRequests[] {
    const all = this.#all;
    [this.#hours, this.#all, this.#held, this.#hour] = [new Map(), [], 0, Number.NaN];
    const hours = new Map<string, { place: Place | null; hour: number; groups: Group<KeptRequest>[] }>();
    for (const { place, hour, route, outcome, requests, waiting } of all) {
      const name = `${hour} ${place?.environment} ${place?.organizationId}`;
      const known = hours.get(name) ?? { place, hour, groups: [] };
      known.groups.push({ route, outcome, requests, kept: select(outcome, waiting) });
      hours.set(name, known);
    }
    return [...hours.values()];
  }

  #groupOf(whose: Whose | undefined, { route = "", reason, status, time }: F): Noting | undefined {
    const hour = time - (time % HOUR_MS);
    // Slow requests of the hour before finish among those of this one.
    if (hour !== this.#hour) [this.#hour, this.#groups] = [hour, within(this.#hours, hour)];
    const organizations = within(this.#groups, whose?.environment ?? "");
    const routes = within(organizations, whose?.organization ?? "");
    const outcomes = within(routes, route);
    const known = outcomes.get(reason ?? status);
    if (known || this.#all.length >= MAX_REPORTED_GROUPS) return known;
    const made = newGroup(whose, hour, route, String(reason ?? status));
    outcomes.set(reason ?? status, made);
    this.#all.push(made);
    return made;
  }
}

function newGroup(whose: Whose | undefined, hour: number, route: string, outcome: string): Noting {
  const place = whose ? { organizationId: whose.organization, environment: whose.environment } : null;
  const nothing = { requests: 0, waiting: [], greatest: undefined };
  return { place, hour, route, outcome, failed: isFailure(outcome), ...nothing };
}

function within<K, L, V>(map: Map<K, Map<L, V>>, key: K): Map<L, V> {
  const known = map.get(key);
  if (known) return known;
  const made = new Map<L, V>();
  map.set(key, made);
  return made;
}

function addFailure(group: Noting, kept: KeptRequest): void {
  const waiting = group.waiting as KeptRequest[];
  waiting.push(kept);
  if (waiting.length >= MAX_WAITING) group.waiting = [...select(group.outcome, waiting)];
}

function addToSample(group: Noting, kept: KeptRequest): void {
  group.waiting = select(group.outcome, [...group.waiting, kept]);
  const last = group.waiting[SAMPLE_SIZE - 1];
  if (last) group.greatest = randomPartOf(last.id);
}

/** At most so many requests: failures before the samples of what succeeded, and each group as many as any other, or all that it has. */
export function withinBounds(hours: readonly HourOfRequests[], most: number): readonly HourOfRequests[] {
  const all = hours.flatMap(({ groups }) => groups.flatMap(inTurns));
  if (all.length <= most) return hours;
  all.sort((a, b) => Number(b.failed) - Number(a.failed) || a.turn - b.turn || (a.chance < b.chance ? -1 : 1));
  const chosen = new Set(all.slice(0, most).map(({ request }) => request));
  const shorten = (group: Group<KeptRequest>) => ({ ...group, kept: group.kept.filter((each) => chosen.has(each)) });
  return hours.map((hour) => ({ ...hour, groups: hour.groups.map(shorten) }));
}

/** Of failures, the first and the last come before those in the middle. */
function inTurns({ outcome, kept }: Group<KeptRequest>) {
  const failed = isFailure(outcome);
  return kept.map((request, at) => {
    const fromEnd = kept.length - 1 - at;
    const turn = !failed ? at : at <= fromEnd ? 2 * at : 2 * fromEnd + 1;
    return { request, failed, turn, chance: randomPartOf(request.id) };
  });
}
