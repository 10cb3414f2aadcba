/** The traffic of the whole gateway: what all collectors know of it. */

import { type RouteTraffic, TrafficTally } from "../../domain/traffic.ts";
import { type TrafficQuestion, type TrafficSum, TrafficSums } from "../../domain/traffic-sums.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import type { Control } from "../control.ts";
import { askCollectors } from "../keys/collect-usage.ts";

/** By environment and route, since the gateway has collectors. Counts only grow, whatever becomes of hours. */
export async function readTrafficTotals(
  control: Pick<Control, "db" | "gateway" | "readTrafficTotals">,
): Promise<readonly RouteTraffic[] | Refusal> {
  const answers = await askCollectors(control, control.readTrafficTotals);
  return isRefusal(answers) ? answers : new TrafficTally(answers.flat()).all();
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
