/**
 * Which requests are kept. In each hour, for each route and outcome: of those that failed the first 20, the last 20 and their number,
 * and of the others a random sample. The result is the same in whatever order, and however often, they come.
 */

import { randomPartOf } from "./request-id.ts";

/** What decides whether a request is kept. */
export interface Candidate {
  readonly id: string;
  readonly at: number;
  /** Whose it is, such as a key: one that floods must not displace the requests of others. */
  readonly by: string;
}

/** Of one route and one outcome in one hour. */
export interface Group<T extends Candidate> {
  /** As configured; empty if there is none. */
  readonly route: string;
  /** The code of a refusal, or the status of the origin's answer. */
  readonly outcome: string;
  /** All there were. */
  readonly requests: number;
  /** Some of them. */
  readonly kept: readonly T[];
}

export interface Bounds {
  /** Of those that succeeded. */
  readonly sample: number;
  /** Of those that failed, the first and the last. */
  readonly ends: number;
}

export const FIRST_KEPT = 20;
export const LAST_KEPT = FIRST_KEPT;
export const SAMPLE_SIZE = 20;

const USUAL: Bounds = { sample: SAMPLE_SIZE, ends: FIRST_KEPT };

/** If there is no room for so many: samples shrink first. */
export const BOUNDS: readonly Bounds[] = [
  USUAL,
  ...[10, 5, 2, 1].map((sample) => ({ sample, ends: FIRST_KEPT })),
  ...[10, 5, 2, 1].map((ends) => ({ sample: 1, ends })),
];

/** Refusals, and the origin's own errors. */
export function isFailure(outcome: string): boolean {
  return !/^[123]\d\d$/.test(outcome);
}

/** Those of `candidates` that are kept. */
export function select<T extends Candidate>(
  outcome: string,
  candidates: readonly T[],
  { sample, ends }: Bounds = USUAL,
): readonly T[] {
  const known = new Map(candidates.map((candidate) => [candidate.id, candidate]));
  if (!isFailure(outcome)) return [...known.values()].sort(byChance).slice(0, sample);
  const inOrder = [...known.values()].sort(byTime);
  if (inOrder.length <= ends) return inOrder;
  const first = inTurns(inOrder, ends);
  const last = inTurns(inOrder.toReversed(), ends);
  return [...new Set([...first, ...last])].sort(byTime);
}

/** Sums and selects again. Both are of the same route and outcome. */
export function mergeGroups<T extends Candidate>(
  known: Group<T> | undefined,
  { route, outcome, requests, kept }: Group<T>,
  bounds?: Bounds,
): Group<T> {
  return {
    route,
    outcome,
    requests: (known?.requests ?? 0) + requests,
    kept: select(outcome, [...(known?.kept ?? []), ...kept], bounds),
  };
}

/** The earliest of each sender before the second of any, and so on. */
function inTurns<T extends Candidate>(inOrder: readonly T[], count: number): readonly T[] {
  const seen = new Map<string, number>();
  const turns = inOrder.map((candidate, place) => {
    const turn = seen.get(candidate.by) ?? 0;
    seen.set(candidate.by, turn + 1);
    return { candidate, turn, place };
  });
  return turns
    .sort((one, other) => one.turn - other.turn || one.place - other.place)
    .slice(0, count)
    .map(({ candidate }) => candidate);
}

const byTime = (a: Candidate, b: Candidate) => a.at - b.at || compare(a.id, b.id);

const byChance = (a: Candidate, b: Candidate) => compare(randomPartOf(a.id), randomPartOf(b.id)) || compare(a.id, b.id);

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
