/** What the Durable Objects can be asked from elsewhere. A Worker and its objects can run two versions for some minutes after a deploy. */

import type { FeedAnswer, FeedQuestion } from "../domain/feed.ts";
import type { FoundRequest, Place, RequestFilter, RequestPage } from "../domain/kept-request.ts";
import type { LatencyQuestion, LatencySum } from "../domain/latency-sums.ts";
import type { AccountQuestion, Answer, Question, TokenLease } from "../domain/lease.ts";
import type { LimitState } from "../domain/limit-state.ts";
import type { Plans } from "../domain/plans.ts";
import type { Reconciled, Told } from "../domain/record-changes.ts";
import type { Report, ReportAnswer } from "../domain/report.ts";
import type { RouteTraffic } from "../domain/traffic.ts";
import type { TrafficQuestion, TrafficSum } from "../domain/traffic-sums.ts";
import type { UsageAnswer, UsageQuestion } from "../domain/usage-sums.ts";
import type { Refusal } from "../errors.ts";
import type { Cleanup } from "../store/retention.ts";

/** Of `KeyAuthority`. */
export interface AuthorityCalls extends Rpc.DurableObjectBranded {
  ask(question: Question): Promise<Answer>;
  /** For an object that has an account, but no key. */
  askAccount(question: AccountQuestion): Promise<TokenLease>;
  /**
   * The record changed in D1. Throws if it cannot be read, so that the caller knows that the change is not in force. `number`: of the
   * change; an authority that has no record, or has read it since, does nothing.
   */
  recordChanged(environment: string, keyId: string, plans?: Plans, number?: number): Promise<void>;
  /** `plans`: as the asker's configuration has them. */
  limitsOf(environment: string, keyId: string, plans?: Plans): Promise<readonly LimitState[] | Refusal>;
  resetLimits(environment: string, keyId: string, plans?: Plans): Promise<readonly LimitState[] | Refusal>;
  /** Answers if objects can run and read their storage; leaves nothing behind. */
  ping(): void;
}

/**
 * Of `Courier`, whose objects deliver changes, delete old rows, remember what ended, collect what isolates report, find what was
 * changed in D1 by hand, and tell isolates which records have changed.
 */
export interface CourierCalls extends Rpc.DurableObjectBranded {
  /** There may soon be something to deliver. */
  call(): Promise<void>;
  startRetention(): Promise<void>;
  lastCleanup(): Cleanup | undefined;
  startTombstones(): Promise<void>;
  collectTombstones(): Promise<void>;
  rememberRevocation(keyId: string, revokedAt: number): Promise<void>;
  /** To the collector of this number. Answers once the report is stored. A report that comes twice counts once. */
  report(number: number, report: Report): Promise<ReportAnswer>;
  /** `too much`: more than one answer can read. */
  usage(question: UsageQuestion): UsageAnswer | "too much";
  /** The same. Versions that know no more than one organization at once, and no routes and outcomes, do not have it. */
  usageOfAll(question: UsageQuestion): UsageAnswer | "too much";
  /** Of all requests, by hours that are kept. */
  traffic(question: TrafficQuestion): readonly TrafficSum[];
  latency(question: LatencyQuestion): readonly LatencySum[];
  /** Since the collector began: these counts only grow. */
  trafficTotals(): readonly RouteTraffic[];
  /** `undefined` if the key was not used in the last two days. */
  lastUse(organizationId: string, keyId: string): number | undefined;
  /** The gateway is in use. Returns the number of the latest restore of D1; 0 if there was none. */
  watchRecords(): Promise<number>;
  noteRecordChange(): Promise<void>;
  lastReconciled(): Reconciled;
  /** Of the reconciler, for a feed that begins. */
  changesTold(): Told;
  /** To a feed: which records have changed. `undefined` if it cannot say, so that each record must be asked for. */
  changesSince(question: FeedQuestion): Promise<FeedAnswer | undefined>;
  /** Of those that the collector keeps. */
  findRequest(id: string): FoundRequest | undefined;
  listRequests(place: Place | null, filter: RequestFilter, page: RequestPage): readonly FoundRequest[];
  keysOfRequests(place: Place): readonly string[];
}
