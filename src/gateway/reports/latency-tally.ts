/** How long requests of organizations took, since the report before. */

import { type Latency, newLatency, noteLatency, type ShortLatency, shortened } from "../../domain/latency.ts";
import type { Entry } from "../../domain/log-line.ts";
import type { OrganizationLatency } from "../../domain/report.ts";

/** How many organizations, each in one environment, are held while a collector cannot be reached. */
const MAX_HELD = 4_000;
/** Of one in a report, beside its numbers, and of a number. */
const CHARACTERS = 120;
const NUMBER_CHARACTERS = 4;

export class LatencyTally {
  /** By environment, then organization: strings that each request has at hand. */
  readonly #environments = new Map<string, Map<string, Latency>>();
  #size = 0;

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  note(organizationId: string, environment: string, entry: Entry): void {
    const known = this.#environments.get(environment)?.get(organizationId);
    noteLatency(known ?? this.#added(organizationId, environment), entry);
  }

  /** Some of it, which is no longer here then: what fits into so many characters, and at least one. */
  take(characters: number): OrganizationLatency[] {
    const taken: OrganizationLatency[] = [];
    let left = characters;
    for (const [environment, organizations] of this.#environments) {
      for (const [organizationId, held] of organizations) {
        const latency = shortened(held);
        left -= charactersOf(latency);
        if (left < 0 && taken.length > 0) return taken;
        taken.push({ organizationId, environment, latency });
        organizations.delete(organizationId);
        this.#size -= 1;
      }
    }
    return taken;
  }

  #added(organizationId: string, environment: string): Latency {
    if (this.#size >= MAX_HELD) this.take(0);
    const organizations = this.#environments.get(environment) ?? new Map<string, Latency>();
    this.#environments.set(environment, organizations);
    const added = newLatency();
    organizations.set(organizationId, added);
    this.#size += 1;
    return added;
  }
}

const charactersOf = ([gateway, origin]: ShortLatency) =>
  CHARACTERS + (gateway.length + origin.length) * NUMBER_CHARACTERS;
