/**
 * A world of isolates around one ledger. It runs in true time, which nobody in it sees: the authority's clock may step
 * back, and each isolate's clock has an offset and a drift of its own. What it yields are the moments at which tokens
 * were truly spent.
 */

import { Holding } from "../../src/domain/holding.ts";
import { LEASE_MARGIN_MS, type Lease } from "../../src/domain/lease.ts";
import { Ledger } from "../../src/domain/ledger.ts";
import { type Limits, nextBorder } from "../../src/domain/limits.ts";
import { aKey } from "./fixtures.ts";

/** One lease and what becomes of it. Times are true milliseconds; fractions are of the time in which it may be spent. */
export interface Story {
  /** Between the question before this one and this one. */
  readonly gap: number;
  /** How long the question travels, and its answer. */
  readonly up: number;
  readonly down: number;
  readonly ttl: number;
  /** Of what is available. */
  readonly share: number;
  /** When the first token is spent, the second, and so on, over and over; `null` for never. */
  readonly spends: readonly (number | null)[];
  /** When the isolate has done with the lease, and measures how long it was idle. */
  readonly close: number;
  /** When its report arrives, as often as it does: so long after it was sent, or after the authority gave the lease up. */
  readonly reports: readonly { after: "sent" | "end"; ms: number }[];
  /** Of the isolate's clock: parts per thousand, and milliseconds. */
  readonly drift: number;
  readonly offset: number;
  /** Whether the authority is evicted before it grants. */
  readonly restart: boolean;
}

export interface World {
  readonly limits: Limits;
  readonly start: number;
  readonly stories: readonly Story[];
  /** The authority's clock steps back once. */
  readonly step: { readonly at: number; readonly by: number };
}

/** `now` is the authority's. */
export type OnRefused = (ledger: Ledger, now: number) => void;

/** The true moments of all spends; the ledger, and the authority's time, when everything has been heard. */
export function run(world: World, onRefused: OnRefused = () => {}): { spends: number[]; ledger: Ledger; now: number } {
  const { limits, start, stories, step } = world;
  const agenda = new Agenda();
  const authorityClock = (now: number) => (now >= start + step.at ? now - step.by : now);
  const spends: number[] = [];
  let ledger = new Ledger(limits, undefined, authorityClock(start));

  const grant = (story: Story, id: string, askedAt: number, grantedAt: number) => {
    const now = authorityClock(grantedAt);
    if (story.restart) ledger = restarted(ledger, limits, now);
    const available = ledger.available(now);
    if (available === 0) onRefused(ledger, now);
    const tokens = Math.ceil(available * story.share);
    if (tokens === 0) return;
    const ttlMs = Math.min(story.ttl, nextBorder(limits, now) - now);
    ledger.grant(id, tokens, ttlMs, now);
    const lease: Lease = { id, record: aKey(), tokens, ttlMs, denial: null, policies: [] };
    agenda.add(grantedAt + story.down, (now) => live(story, lease, askedAt, grantedAt, now));
  };

  const live = (story: Story, lease: Lease, askedAt: number, grantedAt: number, arrivedAt: number) => {
    const speed = 1 + story.drift / 1000;
    const localClock = (now: number) => Math.floor(story.offset + now * speed);
    const holding = new Holding(lease, localClock(askedAt));
    const lifetime = Math.max(0, Math.ceil(askedAt + lease.ttlMs / speed) - arrivedAt);
    // One attempt more than there are tokens.
    for (let token = 0; token <= (lease.tokens ?? 0); token++) {
      const fraction = story.spends[token % story.spends.length] ?? null;
      if (fraction === null) continue;
      agenda.add(arrivedAt + Math.floor(lifetime * fraction), (now) => {
        if (holding.spend(localClock(now))) spends.push(now);
      });
    }
    agenda.add(arrivedAt + Math.floor(lifetime * story.close), (closedAt) => {
      const report = holding.end(localClock(closedAt));
      for (const { after, ms } of story.reports) {
        const from = after === "sent" ? closedAt : grantedAt + lease.ttlMs + LEASE_MARGIN_MS;
        agenda.add(Math.max(closedAt, from + ms), (now) => report && ledger.report(report, authorityClock(now)));
      }
    });
  };

  let asked = start;
  for (const [index, story] of stories.entries()) {
    asked += story.gap;
    const askedAt = asked;
    agenda.add(askedAt + story.up, (now) => grant(story, `lease ${index}`, askedAt, now));
  }
  return { spends, now: authorityClock(agenda.run(start)), ledger };
}

/** A new ledger with what the old one had stored. */
export function restarted(ledger: Ledger, limits: Limits, now: number): Ledger {
  return new Ledger(limits, JSON.parse(JSON.stringify(ledger.state)), now);
}

class Agenda {
  readonly #items: { at: number; act: (now: number) => void }[] = [];

  add(at: number, act: (now: number) => void): void {
    this.#items.push({ at, act });
  }

  /** Does everything in order of time, what is added meanwhile too; returns the last moment. */
  run(start: number): number {
    let now = start;
    while (this.#items.length > 0) {
      let first = 0;
      for (const [index, { at }] of this.#items.entries()) if (at < (this.#items[first]?.at ?? 0)) first = index;
      const [item] = this.#items.splice(first, 1);
      now = item?.at ?? now;
      item?.act(now);
    }
    return now;
  }
}
