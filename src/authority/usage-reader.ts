/** What a collector answers about usage: from what it has added up, and from the reports that it has not. */

import { startOfPeriod } from "../domain/quota.ts";
import { addUse, decode, nameOfKey, type Tallies } from "../domain/tallies.ts";
import { type Span, type UsageAnswer, type UsageQuestion, type UsageScope, UsageSums } from "../domain/usage-sums.ts";
import type { Journal } from "./journal.ts";
import { partsBetween } from "./parts.ts";
import type { Part, UsageBlocks } from "./usage-blocks.ts";

interface Stored {
  readonly hours: readonly number[];
  readonly days: readonly number[];
}

/** What one answer may read: 50 MB, which takes half a second. */
const CHARACTERS = 50_000_000;

export class UsageReader {
  readonly #journal: Journal;
  readonly #hours: UsageBlocks;
  readonly #days: UsageBlocks;
  #characters = 0;

  constructor(journal: Journal, hours: UsageBlocks, days: UsageBlocks) {
    this.#journal = journal;
    this.#hours = hours;
    this.#days = days;
  }

  /** `too much`: more than one answer may read. */
  sum(question: UsageQuestion, { hours, days }: Stored, now: number): UsageAnswer | "too much" {
    const { spans, organizationId, top } = question;
    const liveFrom = this.#liveFrom(days, now);
    const sums = new UsageSums(question);
    // Of all organizations D1 is not asked.
    const first = organizationId === undefined ? Number.NEGATIVE_INFINITY : liveFrom;
    const live = spans.days && { ...spans.days, from: Math.max(spans.days.from, first) };
    for (const hour of hours.filter((start) => spans.hours.some((span) => isIn(span, start)))) {
      for (const tallies of this.#read(this.#hours, hour, question)) sums.addTallies(tallies, hour);
    }
    for (const day of days.filter((start) => live && isIn(live, start))) {
      for (const tallies of this.#read(this.#days, day, question)) sums.addTallies(tallies, day);
    }
    if (this.#characters > CHARACTERS) return "too much";
    for (const [, { arrivedAt, keys }] of this.#journal.entries()) {
      const [hour, day] = [startOfPeriod("hour", arrivedAt), startOfPeriod("day", arrivedAt)];
      const isAsked = spans.hours.some((span) => isIn(span, hour));
      if (!isAsked && !(live && isIn(live, day))) continue;
      const tallies: Tallies = new Map();
      for (const key of keys) if (key.organizationId !== null) addUse(tallies, key.organizationId, key, arrivedAt);
      sums.addTallies(tallies, isAsked ? hour : day);
    }
    return { liveFrom, sums: top ? sums.top(top) : sums.all() };
  }

  /** `undefined` if it was not used in the last two days. */
  lastUse(organizationId: string, keyId: string, days: readonly number[]): number | undefined {
    const name = nameOfKey(organizationId, keyId);
    const uses = days.slice(-2).flatMap((day) =>
      partsBetween(this.#days.partsOf(day), name, name).flatMap((part) => {
        const text = this.#days.textOf(day, part);
        return text?.includes(name) ? (decode(text).get(name)?.usedAt ?? []) : [];
      }),
    );
    for (const [, { arrivedAt, keys }] of this.#journal.entries()) {
      for (const key of keys) {
        if (key.keyId === keyId && key.usedMsAgo !== null) uses.push(arrivedAt - key.usedMsAgo);
      }
    }
    const last = Math.max(0, ...uses);
    return last === 0 ? undefined : last;
  }

  /** The first day of which D1 does not have everything. The running one is not over. */
  #liveFrom(days: readonly number[], now: number): number {
    const waiting = days.filter((day) => this.#days.partsOf(day).some(({ dueAt }) => dueAt !== null));
    const heard = this.#journal.entries().map(([, { arrivedAt }]) => startOfPeriod("day", arrivedAt));
    return Math.min(startOfPeriod("day", now), ...waiting, ...heard);
  }

  *#read(blocks: UsageBlocks, start: number, scope: UsageScope): Iterable<Tallies> {
    const { organizationId, keyIds, outcomes } = scope;
    if (organizationId === undefined) {
      for (const part of blocks.partsOf(start)) {
        const text = this.#textOf(blocks, start, part);
        const isAsked = text && (!outcomes || outcomes.some((outcome) => text.includes(`"${outcome} `)));
        if (isAsked) yield decode(text);
      }
      return;
    }
    const prefix = nameOfKey(organizationId, "");
    const isFew = keyIds !== undefined && keyIds.length <= 100;
    const parts = blocks.partsOf(start);
    const asked = isFew
      ? new Set(keyIds.map((keyId) => prefix + keyId).flatMap((name) => partsBetween(parts, name, name)))
      : partsBetween(parts, prefix, `${prefix}\uffff`);
    for (const part of asked) {
      const text = this.#textOf(blocks, start, part);
      if (text?.includes(`"${prefix}`)) yield decode(text);
    }
  }

  #textOf(blocks: UsageBlocks, start: number, part: Part): string | undefined {
    const text = this.#characters > CHARACTERS ? undefined : blocks.textOf(start, part);
    this.#characters += text?.length ?? 0;
    return text;
  }
}

const isIn = ({ from, to }: Span, start: number) => start >= from && start < to;
