/** Groups of requests under names that say where they belong, and as text to store: what the name says is not written again. */

import type { KeptRequest, Place } from "./kept-request.ts";
import { type Bounds, type Group, mergeGroups } from "./request-log.ts";

export type RequestGroup = Group<KeptRequest>;

/** By place, outcome and route, as `nameOfGroup` joins them. */
export type RequestGroups = Map<string, RequestGroup>;

/** Neither has a slash or a space. */
const nameOfPlace = (place: Place | null) => (place ? `${place.organizationId}/${place.environment}` : "");

/** Groups of one place are neighbours in the order of names. Outcomes have no spaces. */
export function nameOfGroup(place: Place | null, { outcome, route }: Pick<RequestGroup, "outcome" | "route">): string {
  return `${nameOfPlace(place)} ${outcome} ${route}`;
}

export interface Names {
  readonly first: string;
  readonly last: string;
}

export function namesOfPlace(place: Place | null): Names {
  return { first: `${nameOfPlace(place)} `, last: `${nameOfPlace(place)} \uffff` };
}

export const isNamed = ({ first, last }: Names, name: string) => name >= first && name <= last;

/** With all requests whose groups would be too many. */
export function withoutRoute(name: string): string {
  const { place, outcome } = wordsOf(name);
  return `${place} ${outcome} `;
}

/** The place of a group by its name, with all of its groups. */
export function neighboursOf(name: string): Names {
  const { place } = wordsOf(name);
  return { first: `${place} `, last: `${place} \uffff` };
}

export function addGroup(groups: RequestGroups, name: string, group: RequestGroup, bounds?: Bounds): void {
  groups.set(name, mergeGroups(groups.get(name), group, bounds));
}

interface Written {
  readonly n: number;
  /** Of each request, what differs from what its group says. */
  readonly r: readonly Partial<KeptRequest>[];
}

export function encode(groups: Iterable<readonly [string, RequestGroup]>): string {
  const written: Record<string, Written> = {};
  for (const [name, { requests, kept }] of groups) written[name] = { n: requests, r: kept.map(shortenedIn(name)) };
  return JSON.stringify(written);
}

export function decode(text: string): RequestGroups {
  const written = JSON.parse(text) as Record<string, Written>;
  return new Map(
    Object.entries(written).map(([name, { n: requests, r }]) => {
      const { route, outcome } = wordsOf(name);
      const kept = r.map((request) => ({ ...usualIn(name, request), ...request }) as KeptRequest);
      return [name, { route, outcome, requests, kept }];
    }),
  );
}

function shortenedIn(name: string): (request: KeptRequest) => Partial<KeptRequest> {
  return (request) => {
    const usual: Partial<KeptRequest> = usualIn(name, request);
    const differs = ([field, value]: [string, unknown]) =>
      field === "members" ? Object.keys(value as object).length > 0 : value !== usual[field as keyof KeptRequest];
    return Object.fromEntries(Object.entries(request).filter(differs));
  };
}

function usualIn(name: string, { keyId, clientAddress }: Partial<KeptRequest>) {
  const { place, outcome, route } = wordsOf(name);
  const [organizationId, environment] = place === "" ? [null, null] : (place.split("/") as [string, string]);
  const status = /^\d+$/.test(outcome) ? Number(outcome) : null;
  return {
    ...{ organizationId, environment, route, keyId: null, clientAddress: null, by: keyId ?? clientAddress ?? "" },
    ...{ ...(status !== null && { status }), originStatus: status, reason: status === null ? outcome : null },
    ...{ members: {}, path: null, originMs: null, origin: null },
  };
}

function wordsOf(name: string): { place: string; outcome: string; route: string } {
  const [place, outcome] = name.split(" ", 2) as [string, string];
  return { place, outcome, route: name.slice(place.length + outcome.length + 2) };
}
