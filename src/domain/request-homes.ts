/**
 * Which collectors keep which requests. All of one organization and environment go to the same one, in the jurisdiction of the
 * environment. Usage goes to collectors in the jurisdiction of the objects of no environment, which are the first.
 */

import type { Place } from "./kept-request.ts";
import type { Jurisdiction } from "./location.ts";
import { collectorOf } from "./report.ts";

type Home = Jurisdiction | undefined;

export interface Homes {
  readonly collectors: number;
  /** Of the objects of no environment. */
  readonly jurisdiction: Home;
  readonly environments: Readonly<Record<string, { readonly jurisdiction: Home }>>;
}

export function homesOf({ jurisdiction, environments }: Homes): readonly Home[] {
  return [...new Set([jurisdiction, ...Object.values(environments).map((each) => each.jurisdiction)])];
}

export function homeOf(place: Place | null, { jurisdiction, environments }: Homes): Home {
  return place ? environments[place.environment]?.jurisdiction : jurisdiction;
}

/** Collectors in all jurisdictions have places in one list. */
export function shardOf(place: Place | null, homes: Homes): number {
  const all = homesOf(homes);
  return (
    all.indexOf(homeOf(place, homes)) * homes.collectors + collectorOf(place?.organizationId ?? "", homes.collectors)
  );
}

export function shardAt(shard: number, homes: Homes): { readonly home: Home; readonly number: number } {
  return { home: homesOf(homes)[Math.floor(shard / homes.collectors)], number: shard % homes.collectors };
}
