/** The Durable Objects as the Worker calls them: once more if one restarts meanwhile, and each failure is one of storage. */

import type { Gateway } from "../config/compile.ts";
import { within } from "../deadline.ts";
import type { FeedAnswer, FeedQuestion } from "../domain/feed.ts";
import type { FoundRequest, Place, RequestFilter, RequestPage } from "../domain/kept-request.ts";
import type { LatencyQuestion, LatencySum } from "../domain/latency-sums.ts";
import type { AccountQuestion, Answer, Question } from "../domain/lease.ts";
import type { LimitState } from "../domain/limit-state.ts";
import type { Log } from "../domain/log-line.ts";
import { collectorOf, type Report, type ReportAnswer } from "../domain/report.ts";
import { type Homes, homeOf, homesOf, shardAt } from "../domain/request-homes.ts";
import type { RouteTraffic } from "../domain/traffic.ts";
import type { TrafficQuestion, TrafficSum } from "../domain/traffic-sums.ts";
import type { UsageAnswer, UsageQuestion } from "../domain/usage-sums.ts";
import type { Refusal } from "../errors.ts";
import { atBoundary } from "../store/boundary.ts";
import { TELL_DEADLINE_MS } from "../store/delivery.ts";
import type { CourierCalls } from "./calls.ts";
import { againIfReset } from "./reset.ts";
import type { Stubs } from "./stubs.ts";

/** How long a reader waits for the last use of a key, which D1 has too, an hour behind. */
const LAST_USE_DEADLINE_MS = 1_000;

type Limits = readonly LimitState[] | Refusal;

export function objectsOf(
  { authority, account, role, feed, collector, collectorIn }: Stubs,
  { plans, ...homes }: Pick<Gateway, "plans" | keyof Homes>,
  log: Log,
) {
  const asked = <T>(call: () => Promise<T>) => atBoundary("AUTHORITY", () => againIfReset(call), log);
  const inTime = <T>(call: () => Promise<T>) => within(TELL_DEADLINE_MS, againIfReset(call));
  const told = <T>(call: () => Promise<T>) => atBoundary("AUTHORITY", () => inTime(call), log);
  const heard = <T>(call: () => Promise<T>) => atBoundary("COURIER", () => inTime(call), log);
  return {
    ask: (question: Question) => asked<Answer>(() => authority(question.environment, question.keyId).ask(question)),
    askAccount: (name: string, question: AccountQuestion) => asked(() => account(name).askAccount(question)),
    report: (shard: number, report: Report): Promise<ReportAnswer> => {
      const { home, number } = shardAt(shard, homes);
      return heard(() => collectorIn(home, number).report(number, report));
    },
    askFeed: (number: number, question: FeedQuestion) =>
      heard<FeedAnswer | undefined>(() => feed(number).changesSince(question)),
    /** Of an object that need not be there. */
    ping: () => account("readyz").ping(),
    startHousekeeping: () =>
      Promise.allSettled([role("retention").startRetention(), role("tombstones").startTombstones()]),
    /** What the use cases ask and tell. */
    forControl: {
      readLimits: (environment: string, keyId: string) =>
        told<Limits>(() => authority(environment, keyId).limitsOf(environment, keyId, plans)),
      resetLimits: (environment: string, keyId: string) =>
        told<Limits>(() => authority(environment, keyId).resetLimits(environment, keyId, plans)),
      tellAuthority: (environment: string, keyId: string) =>
        told(() => authority(environment, keyId).recordChanged(environment, keyId, plans)),
      callCourier: () => heard(() => role("courier").call()),
      collectTombstones: () => heard(() => role("tombstones").collectTombstones()),
      findRequest: async (number: number, id: string) => {
        const asked = homesOf(homes).map((home) =>
          heard<FoundRequest | undefined>(() => collectorIn(home, number).findRequest(id)),
        );
        return (await Promise.all(asked)).find((found) => found !== undefined);
      },
      listRequests: (number: number, place: Place | null, filter: RequestFilter, page: RequestPage) =>
        heard<readonly FoundRequest[]>(() =>
          collectorIn(homeOf(place, homes), number).listRequests(place, filter, page),
        ),
      keysOfRequests: (number: number, place: Place) =>
        heard<readonly string[]>(() => collectorIn(homeOf(place, homes), number).keysOfRequests(place)),
      readUsage: (number: number, question: UsageQuestion) =>
        heard(async () => (await usageFrom(collector(number), question)) as UsageAnswer | "too much"),
      readTraffic: (number: number, question: TrafficQuestion) =>
        heard<readonly TrafficSum[]>(() => collector(number).traffic(question)),
      readLatency: (number: number, question: LatencyQuestion) =>
        heard<readonly LatencySum[]>(() => collector(number).latency(question)),
      readTrafficTotals: (number: number) => heard<readonly RouteTraffic[]>(() => collector(number).trafficTotals()),
      readLastUse: (organizationId: string, keyId: string) =>
        within(LAST_USE_DEADLINE_MS, collector(collectorOf(keyId, homes.collectors)).lastUse(organizationId, keyId)),
      lastCleanup: () => heard(() => role("retention").lastCleanup()),
      noteRecordChange: () => heard(() => role("reconciler").noteRecordChange()),
      lastReconciled: () => heard(() => role("reconciler").lastReconciled()),
    },
  };
}

/** An object of an older version rejects what it does not understand. */
function usageFrom(collector: DurableObjectStub<CourierCalls>, question: UsageQuestion) {
  const { organizationId, route, outcomes } = question;
  const isOld = organizationId !== undefined && route === undefined && outcomes === undefined;
  return isOld ? collector.usage(question) : collector.usageOfAll(question);
}
