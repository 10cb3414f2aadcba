/**
 * What keys did in one period, as collectors add it up from the reports of isolates, and as text to store. Sums do not depend on the
 * order in which reports come, or on how counts were split between them.
 */

import { type Answered, addAnswered } from "./answers.ts";
import { addLatency, type Latency, newLatency, restored, type ShortLatency, shortened } from "./latency.ts";
import type { KeyUse, OrganizationLatency } from "./report.ts";

export interface Tally {
  readonly environment: string;
  /** By outcome and route, as `nameOfCount` joins them. */
  readonly requests: Map<string, number>;
  /** Of those with answers or bodies, by the same names. */
  readonly answered: Map<string, number[]>;
  readonly scopes: Set<string>;
  /** 0: not in this period, while it worked. */
  usedAt: number;
  /** When it was last written to D1; 0 for never. */
  writtenAt: number;
  /** Whether something was added since that D1 is to have. */
  isChanged: boolean;
  /** Of an organization in an environment, which has nothing else. */
  latency?: Latency | undefined;
}

/** By organization and key, as `nameOfKey` joins them, and by organization and environment, as `nameOfEnvironment` does. */
export type Tallies = Map<string, Tally>;

/** Different routes and outcomes of one key; further ones count without a route. */
const MAX_COUNTS = 500;

/** Keys of one organization are neighbours in this order. Ids have no slash. */
export const nameOfKey = (organizationId: string, keyId: string) => `${organizationId}/${keyId}`;

/** Before the keys of the organization: no id begins with a colon. */
export const nameOfEnvironment = (organizationId: string, environment: string) => `${organizationId}/:${environment}`;

export function keyOfName(name: string): { organizationId: string; keyId: string } {
  const at = name.indexOf("/");
  return { organizationId: name.slice(0, at), keyId: name.slice(at + 1) };
}

/** Outcomes have no spaces. */
const nameOfCount = (outcome: string, route: string) => `${outcome} ${route}`;

export function countOfName(name: string): { outcome: string; route: string } {
  const at = name.indexOf(" ");
  return { outcome: name.slice(0, at), route: name.slice(at + 1) };
}

/** `at`: when the report arrived. */
export function addUse(tallies: Tallies, organizationId: string, use: KeyUse, at: number): void {
  const tally = tallyOf(tallies, nameOfKey(organizationId, use.keyId), use.environment);
  for (const { route, outcome, requests, answered } of use.counts) {
    addCount(tally, nameOfCount(outcome, route), requests, answered);
  }
  for (const scope of use.scopes) tally.scopes.add(scope);
  if (use.usedMsAgo !== null) tally.usedAt = Math.max(tally.usedAt, at - use.usedMsAgo);
  tally.isChanged = true;
}

export function addLatencyOf(tallies: Tallies, { organizationId, environment, latency }: OrganizationLatency): void {
  const tally = tallyOf(tallies, nameOfEnvironment(organizationId, environment), environment);
  tally.latency ??= newLatency();
  addLatency(tally.latency, restored(latency));
}

export function addTallies(tallies: Tallies, more: Tallies): void {
  for (const [name, { environment, requests, answered, scopes, usedAt, isChanged, latency }] of more) {
    const tally = tallyOf(tallies, name, environment);
    for (const [count, number] of requests) addCount(tally, count, number, answered.get(count));
    for (const scope of scopes) tally.scopes.add(scope);
    tally.usedAt = Math.max(tally.usedAt, usedAt);
    tally.isChanged ||= isChanged;
    if (!latency) continue;
    tally.latency ??= newLatency();
    addLatency(tally.latency, latency);
  }
}

function tallyOf(tallies: Tallies, name: string, environment: string): Tally {
  const known = tallies.get(name);
  if (known) return known;
  const empty = { requests: new Map(), answered: new Map(), scopes: new Set<string>() };
  const added = { environment, ...empty, usedAt: 0, writtenAt: 0, isChanged: false };
  tallies.set(name, added);
  return added;
}

function addCount({ requests, answered }: Tally, name: string, number: number, more: Answered | undefined): void {
  const isOneTooMany = requests.size >= MAX_COUNTS && !requests.has(name);
  const counted = isOneTooMany ? nameOfCount(countOfName(name).outcome, "") : name;
  requests.set(counted, (requests.get(counted) ?? 0) + number);
  if (!more) return;
  const known = answered.get(counted);
  if (known) addAnswered(known, more);
  else answered.set(counted, [...more]);
}

/** Names are written once, and then by their places. Older versions do not have the last ones, and leave them out when they write. */
type Written = [
  name: string,
  environment: number,
  requests: number[],
  usedAt: number,
  writtenAt: number,
  isChanged: 0 | 1,
  scopes: number[],
  answered?: [count: number, ...Answered][],
  latency?: ShortLatency,
];

export function encode(tallies: Tallies): string {
  const places = new Map<string, number>();
  const placeOf = (name: string) => {
    const known = places.get(name);
    if (known !== undefined) return known;
    places.set(name, places.size);
    return places.size - 1;
  };
  const written = [...tallies].map(([name, tally]): Written => {
    const requests = [...tally.requests].flatMap(([count, number]) => [placeOf(count), number]);
    const scopes = [...tally.scopes].map(placeOf);
    const answered = [...tally.answered].map(([count, more]): [number, ...Answered] => [placeOf(count), ...more]);
    const { usedAt, writtenAt, isChanged, latency } = tally;
    const counted = [name, placeOf(tally.environment), requests, usedAt, writtenAt, isChanged ? 1 : 0, scopes] as const;
    return latency ? [...counted, answered, shortened(latency)] : [...counted, answered];
  });
  return JSON.stringify([[...places.keys()], written]);
}

export function decode(text: string): Tallies {
  const [names, written] = JSON.parse(text) as [string[], Written[]];
  const nameAt = (place: number) => names[place] as string;
  return new Map(
    written.map(([name, environment, counts, usedAt, writtenAt, isChanged, scopes, more = [], latency]) => {
      const requests = new Map<string, number>();
      for (let at = 0; at < counts.length; at += 2)
        requests.set(nameAt(counts[at] as number), counts[at + 1] as number);
      const answered = new Map(more.map(([count, ...rest]) => [nameAt(count), rest]));
      const state = { scopes: new Set(scopes.map(nameAt)), usedAt, writtenAt, isChanged: isChanged === 1 };
      const taken = latency && { latency: restored(latency) };
      return [name, { environment: nameAt(environment), requests, answered, ...state, ...taken }];
    }),
  );
}
