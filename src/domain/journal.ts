/**
 * One rate's bucket with its recent charges. The bucket can be recalculated when a report says that tokens were spent at another
 * time, or never.
 */

import { type Bucket, charge, isFull, type Rate, refill } from "./bucket.ts";

/** Tokens that were all spent by then. */
export interface Charge {
  readonly tokens: number;
  readonly at: number;
}

export interface Journal {
  readonly rate: Rate;
  /** With all charges from before its moment. */
  readonly bucket: Bucket;
  /** Since then, in order of time. */
  readonly charges: readonly Charge[];
}

/** With more charges than this, a journal is shortened even if that can cost its key some tokens. */
const MAX_CHARGES = 64;

/** `presumed`: charges that a report may still change. */
export function replay({ rate, bucket, charges }: Journal, presumed: readonly Charge[], now: number): Bucket {
  const charged = inOrder(bucket, charges, presumed)
    .filter(({ at }) => at <= now)
    .reduce((before, { tokens, at }) => charge(rate, before, tokens, at), bucket);
  return refill(rate, charged, now);
}

/** Spending before the start of the journal counts at its start: later is the safe side. */
export function enter(journal: Journal, { tokens, at }: Charge): Journal {
  if (tokens === 0) return journal;
  const entry = { tokens, at: Math.max(at, journal.bucket.at) };
  return { ...journal, charges: [...journal.charges, entry].sort(byTime) };
}

/** The same journal with the latest possible start. No report about the time before `known` can come; only late ones about the time before `ended`. */
export function shorten(journal: Journal, presumed: readonly Charge[], known: number, ended: number): Journal {
  const exact = begun(journal, presumed, known);
  if (exact.charges.length <= MAX_CHARGES) return exact;
  const later = begun(exact, presumed, lastFull(exact, presumed, ended));
  return { ...later, charges: merged(later.charges) };
}

/** The same journal after the clock has stepped back by this much: no time has passed. */
export function journalMovedBack({ rate, bucket, charges }: Journal, by: number): Journal {
  return {
    rate,
    bucket: { ...bucket, at: bucket.at - by },
    charges: charges.map(({ tokens, at }) => ({ tokens, at: at - by })),
  };
}

/** The same journal with a start at `at` or later. */
export function begun(journal: Journal, presumed: readonly Charge[], at: number): Journal {
  if (at <= journal.bucket.at) return journal;
  const { rate, charges } = journal;
  const bucket = refill(rate, replay(journal, presumed, at - 1), at);
  return { rate, bucket, charges: charges.filter((charge) => charge.at >= at) };
}

/** If the bucket was full at a moment, earlier charges do not matter after it. */
function lastFull({ rate, bucket: first, charges }: Journal, presumed: readonly Charge[], until: number): number {
  let [bucket, full] = [first, first.at];
  for (const { tokens, at } of inOrder(first, charges, presumed).filter(({ at }) => at <= until)) {
    if (isFull(rate, refill(rate, bucket, at))) full = at;
    bucket = charge(rate, bucket, tokens, at);
  }
  return isFull(rate, refill(rate, bucket, until)) ? until : full;
}

/** The two that are nearest to each other become one, at the later moment. */
function merged(charges: readonly Charge[]): readonly Charge[] {
  if (charges.length <= MAX_CHARGES) return charges;
  const gapAfter = (index: number) => (charges[index + 1] as Charge).at - (charges[index] as Charge).at;
  let nearest = 0;
  for (let index = 1; index < charges.length - 1; index++) if (gapAfter(index) < gapAfter(nearest)) nearest = index;
  const [first, second] = [charges[nearest] as Charge, charges[nearest + 1] as Charge];
  return merged(charges.toSpliced(nearest, 2, { tokens: first.tokens + second.tokens, at: second.at }));
}

const inOrder = ({ at: begin }: Bucket, charges: readonly Charge[], presumed: readonly Charge[]) =>
  [...charges, ...presumed.filter(({ at }) => at >= begin)].sort(byTime);

const byTime = (a: Charge, b: Charge) => a.at - b.at;
