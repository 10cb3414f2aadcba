/** The traffic of the whole gateway: what all collectors know of it. */

import { type RouteTraffic, TrafficTally, UNBOUNDED } from "../../domain/traffic.ts";
import { type TrafficQuestion, type TrafficSum, TrafficSums } from "../../domain/traffic-sums.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { countCollectors } from "../../store/usage-list.ts";
import type { Control } from "../control.ts";
import { askCollectors } from "../keys/collect-usage.ts";

type Sources = Pick<Control, "db" | "gateway" | "readTrafficTotals">;

/**
 * Reads what there was by environment and route since the gateway has collectors. Counts only grow, whatever becomes of hours. While
 * D1 is down, there are as many collectors as it said last.
 */
export function totalsReader(control: Sources): () => Promise<readonly RouteTraffic[] | Refusal> {
  let known: number | undefined;
  const countAll = async () => {
    known = await countCollectors(control.db).catch((error) => {
      if (known === undefined) throw error;
      return known;
    });
    return known;
  };
  return async () => {
    const answers = await askCollectors(control, control.readTrafficTotals, countAll);
    return isRefusal(answers) ? answers : new TrafficTally(answers.flat(), UNBOUNDED).all();
  };
}

/** Of the hours that begin within a span, for as long as they are kept. */
export async function sumTraffic(
  control: Pick<Control, "db" | "gateway" | "readTraffic">,
  question: TrafficQuestion,
): Promise<readonly TrafficSum[] | Refusal> {
  const answers = await askCollectors(control, (number) => control.readTraffic(number, question));
  if (isRefusal(answers)) return answers;
  const sums = new TrafficSums(question);
  for (const sum of answers.flat()) sums.add(sum);
  return sums.all();
}
