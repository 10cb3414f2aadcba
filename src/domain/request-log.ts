/**
 * Which requests a request log keeps. In each hour, for each route and outcome: of those that failed the first 20, the last 20 and
 * their number, and of the others a random sample. The result is the same in whatever order, and however often, they come.
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

export const FIRST_KEPT = 20;
export const LAST_KEPT = 20;
export const SAMPLE_SIZE = 20;
/** In one hour; requests of further routes are kept without a route. */
export const MAX_GROUPS = 400;

/** Refusals, and the origin's own errors. */
export function isFailure(outcome: string): boolean {
  return !/^[123]\d\d$/.test(outcome);
}

/** Those of `candidates` that are kept. */
export function select<T extends Candidate>(outcome: string, candidates: readonly T[]): readonly T[] {
  const known = new Map(candidates.map((candidate) => [candidate.id, candidate]));
  if (!isFailure(outcome)) return [...known.values()].sort(byChance).slice(0, SAMPLE_SIZE);
  const inOrder = [...known.values()].sort(byTime);
  if (inOrder.length <= Math.min(FIRST_KEPT, LAST_KEPT)) return inOrder;
  const first = inTurns(inOrder, FIRST_KEPT);
  const last = inTurns(inOrder.toReversed(), LAST_KEPT);
  return [...new Set([...first, ...last])].sort(byTime);
}

/** Sums and selects again. */
export function mergeGroups<T extends Candidate>(
  before: readonly Group<T>[],
  more: readonly Group<T>[],
): readonly Group<T>[] {
  const groups = new Map(before.map((group) => [nameOf(group), group]));
  for (const group of more) {
    const isOneTooMany = groups.size >= MAX_GROUPS && !groups.has(nameOf(group));
    const { outcome, requests, kept } = group;
    const route = isOneTooMany ? "" : group.route;
    const name = nameOf({ route, outcome });
    const known = groups.get(name);
    groups.set(name, {
      route,
      outcome,
      requests: (known?.requests ?? 0) + requests,
      kept: select(outcome, [...(known?.kept ?? []), ...kept]),
    });
  }
  return [...groups.values()];
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

/** Outcomes have no spaces. */
const nameOf = ({ route, outcome }: { route: string; outcome: string }) => `${outcome} ${route}`;

const byTime = (a: Candidate, b: Candidate) => a.at - b.at || compare(a.id, b.id);

const byChance = (a: Candidate, b: Candidate) => compare(randomPartOf(a.id), randomPartOf(b.id)) || compare(a.id, b.id);

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
