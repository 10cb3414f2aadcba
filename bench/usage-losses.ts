/** What a kill can have lost: what an isolate had not reported. Known exactly, since each isolate says when a report is sent and stored. */

import { reportAfterMs } from "../src/domain/pace.ts";
import type { Sent } from "./usage-load.ts";
import { TOLD, type ToldReport } from "./workers/telling.ts";

/** From one moment to another, in the isolate on this port. */
export interface Loss {
  readonly port: number;
  readonly from: number;
  readonly to: number;
  /** Whether a report had failed, so that its counts waited for the next round. */
  readonly hadFailed: boolean;
}

/** Reports of one round are sent at once, one after the other. */
const ROUND_MS = 5_000;
/** How long a report is waited for, as src/authority/objects.ts has it. */
const REPORT_DEADLINE_MS = 3_000;
/** A report that failed before has long been sent again. */
const RECENT_MS = 30_000;
/** A busy machine runs timers late. */
const LATE_MS = 1_000;
/** As docs/usage.md promises, if no report has failed. */
export const MOST_LOST_MS = reportAfterMs(1) + REPORT_DEADLINE_MS + LATE_MS;

/** `begunAt`: when the first isolates began. */
export function lossesOf(output: string, ports: readonly number[], kills: readonly number[], begunAt: number): Loss[] {
  const lines = output.split("\n").filter((line) => line.startsWith(TOLD));
  const told = lines.map((line) => JSON.parse(line.slice(TOLD.length)) as ToldReport);
  return kills.flatMap((to, n) => {
    const since = kills[n - 1] ?? begunAt;
    return ports.map((port) => {
      const lines = told.filter((each) => each.port === port && each.at > since && each.at <= to);
      return { port, to, ...reportedUntil(lines, since, to) };
    });
  });
}

function reportedUntil(told: readonly ToldReport[], since: number, killedAt: number): Pick<Loss, "from" | "hadFailed"> {
  const numbers = Map.groupBy(told, ({ number }) => number);
  const reports = [...numbers.values()].map((lines) => ({
    takenAt: Math.min(...lines.map(({ at }) => at)),
    isStored: lines.some(({ isStored }) => isStored),
    failed: lines.filter(({ isStored }) => !isStored).length > 1,
  }));
  const missing = reports.filter(({ isStored }) => !isStored).map(({ takenAt }) => takenAt);
  const before = Math.min(killedAt, ...missing.map((takenAt) => takenAt - ROUND_MS));
  const stored = reports.filter(({ isStored, takenAt }) => isStored && takenAt <= before);
  const isWorthNaming = ({ takenAt, isStored, failed }: (typeof reports)[number]) =>
    takenAt > killedAt - RECENT_MS && (failed || (!isStored && takenAt < killedAt - REPORT_DEADLINE_MS));
  return { from: Math.max(since, ...stored.map(({ takenAt }) => takenAt)), hadFailed: reports.some(isWorthNaming) };
}

export function canBeLost({ port, answeredAt }: Sent, losses: readonly Loss[]): boolean {
  return losses.some((loss) => loss.port === port && answeredAt > loss.from && answeredAt <= loss.to);
}

export function lossFaults(losses: readonly Loss[]): string[] {
  return losses
    .filter(({ from, to, hadFailed }) => !hadFailed && to - from > MOST_LOST_MS)
    .map((loss) => `${inWords(loss)}; ${MOST_LOST_MS / 1_000} s are promised`);
}

export function inWords({ port, from, to, hadFailed }: Loss): string {
  const failed = hadFailed && to - from > MOST_LOST_MS ? ", because a report had failed" : "";
  return `the isolate on port ${port} was killed ${((to - from) / 1_000).toFixed(1)} s after its last report${failed}`;
}
