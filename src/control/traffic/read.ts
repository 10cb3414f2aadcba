/** The traffic of the whole gateway: what all collectors know of it. */

import { startOfPeriod } from "../../domain/quota.ts";
import { type RouteTraffic, TrafficTally, UNBOUNDED } from "../../domain/traffic.ts";
import { type TrafficQuestion, type TrafficSum, TrafficSums } from "../../domain/traffic-sums.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { countCollectors } from "../../store/usage-list.ts";
import { requireRoot } from "../access.ts";
import type { Caller, Control } from "../control.ts";
import { askCollectors, MAX_SUMS } from "../keys/collect-usage.ts";
import { checkEnvironmentOf, checkKept } from "../keys/usage.ts";
import { invalid } from "../validation.ts";

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

/** `from`: any moment of the first hour that counts. */
export async function readTraffic(
  control: Control,
  caller: Caller,
  wanted: TrafficQuestion,
): Promise<readonly TrafficSum[] | Refusal> {
  const refusal =
    requireRoot(caller, "see the traffic of all organizations") ??
    checkKept(wanted, control.now()) ??
    checkEnvironmentOf(control, wanted);
  if (refusal) return refusal;
  const sums = await sumTraffic(control, { ...wanted, from: startOfPeriod("hour", wanted.from) });
  if (isRefusal(sums) || sums.length <= MAX_SUMS) return sums;
  return invalid("group_by", `gives more than ${MAX_SUMS} rows; ask for a shorter time, one route, or fewer groups`);
}
