/** What a collector answers about the latency of an organization: from what it has added up, and from the reports that it has not. */

import { type LatencyQuestion, type LatencySum, LatencySums } from "../domain/latency-sums.ts";
import { startOfPeriod } from "../domain/quota.ts";
import { addLatencyOf, decode, nameOfEnvironment, type Tallies } from "../domain/tallies.ts";
import type { Span } from "../domain/usage-sums.ts";
import type { Journal } from "./journal.ts";
import { partsBetween } from "./parts.ts";
import type { UsageBlocks } from "./usage-blocks.ts";

interface Stored {
  readonly hours: readonly number[];
  readonly days: readonly number[];
}

export class LatencyReader {
  readonly #journal: Journal;
  readonly #hours: UsageBlocks;
  readonly #days: UsageBlocks;

  constructor(journal: Journal, hours: UsageBlocks, days: UsageBlocks) {
    this.#journal = journal;
    this.#hours = hours;
    this.#days = days;
  }

  sum(question: LatencyQuestion, { hours, days }: Stored): LatencySum[] {
    const { organizationId, spans } = question;
    const sums = new LatencySums(question.groups);
    const add = (tallies: Tallies, at: number) => {
      for (const [name, { environment, latency }] of tallies) {
        if (latency && name === nameOfEnvironment(organizationId, environment) && isAsked(question, environment))
          sums.addAt(at, environment, latency);
      }
    };
    const isHour = (hour: number) => spans.hours.some((span) => isIn(span, hour));
    const isDay = (day: number) => spans.days !== undefined && isIn(spans.days, day);
    for (const hour of hours.filter(isHour))
      for (const tallies of read(this.#hours, hour, question)) add(tallies, hour);
    for (const day of days.filter(isDay)) for (const tallies of read(this.#days, day, question)) add(tallies, day);
    for (const [, { arrivedAt, latencies = [] }] of this.#journal.entries()) {
      const [hour, day] = [startOfPeriod("hour", arrivedAt), startOfPeriod("day", arrivedAt)];
      if (!isHour(hour) && !isDay(day)) continue;
      const tallies: Tallies = new Map();
      for (const each of latencies) if (each.organizationId === organizationId) addLatencyOf(tallies, each);
      add(tallies, isHour(hour) ? hour : day);
    }
    return sums.all();
  }
}

const isIn = ({ from, to }: Span, start: number) => start >= from && start < to;
const isAsked = ({ environment: wanted }: LatencyQuestion, environment: string) =>
  wanted === undefined || wanted === environment;

function* read(
  blocks: UsageBlocks,
  start: number,
  { organizationId, environment }: LatencyQuestion,
): Iterable<Tallies> {
  const first = nameOfEnvironment(organizationId, environment ?? "");
  const last = environment === undefined ? `${first}\uffff` : first;
  for (const part of partsBetween(blocks.partsOf(start), first, last)) {
    const text = blocks.textOf(start, part);
    if (text?.includes(`"${first}`)) yield decode(text);
  }
}
