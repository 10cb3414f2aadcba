/** How much a key is used. All but the count is of versions without collectors, in which the key's authority kept it. */

import type { Answered } from "./answers.ts";

export interface UsageCount {
  /** As configured; empty if there is none. */
  readonly route: string;
  /** `forwarded`, or the code of the refusal. */
  readonly outcome: string;
  readonly requests: number;
  /** Absent if no origin was asked and no body was seen, and from older versions. */
  readonly answered?: Answered | undefined;
}

/** What an isolate has counted of one key since its report before. */
export interface UsageReport {
  /** The same if the report is sent again, because it is unknown whether it has arrived. */
  readonly id: string;
  readonly counts: readonly UsageCount[];
  /** Those that forwarded requests needed. */
  readonly scopes: readonly string[];
}

export interface UsageHour {
  /** Its beginning. */
  readonly hour: number;
  readonly counts: readonly UsageCount[];
}

export interface UsageState extends UsageHour {
  /** The day of the last use of each scope, as far as it is not in D1 yet. */
  readonly scopes: ReadonlyMap<string, number>;
  /** The reports that came last. */
  readonly heard: readonly string[];
}
