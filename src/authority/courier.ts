/**
 * The courier: one Durable Object whose alarm delivers what the outbox still holds. Writers call it *before* they write, so
 * that a writer that dies between its batch and its calls leaves nothing undelivered.
 */

import { DurableObject } from "cloudflare:workers";
import { type Gateway, jurisdictionsOf } from "../config/compile.ts";
import { isRecent } from "../domain/age.ts";
import { MINUTE_MS } from "../domain/durations.ts";
import type { FeedAnswer, FeedQuestion } from "../domain/feed.ts";
import type { FoundRequest, Place, RequestFilter, RequestPage } from "../domain/kept-request.ts";
import type { LatencyQuestion, LatencySum } from "../domain/latency-sums.ts";
import type { Reconciled, Told } from "../domain/record-changes.ts";
import type { Report, ReportAnswer } from "../domain/report.ts";
import type { RouteTraffic } from "../domain/traffic.ts";
import type { TrafficQuestion, TrafficSum } from "../domain/traffic-sums.ts";
import type { UsageAnswer, UsageQuestion } from "../domain/usage-sums.ts";
import type { Env } from "../env.ts";
import { toConsole } from "../log.ts";
import { deliver } from "../store/delivery.ts";
import { jurisdictionCheck } from "../store/jurisdictions.ts";
import { type Pending, readOutbox } from "../store/outbox.ts";
import { readFeedStart, readRows } from "../store/record-changes.ts";
import type { Cleanup } from "../store/retention.ts";
import type { CourierCalls } from "./calls.ts";
import { Collector } from "./collector.ts";
import { Feed } from "./feed.ts";
import { Reconciler } from "./reconciler.ts";
import { Restores } from "./restores.ts";
import { Retention } from "./retention.ts";
import { stubsOf } from "./stubs.ts";
import { StuckClock } from "./stuck-clock.ts";
import { Tombstones } from "./tombstones.ts";

/** How soon the courier looks after a call, and again while there is work. */
const ROUND_MS = 2_000;
/** How long after a call a write can still come. */
const WATCH_MS = MINUTE_MS;
/** Authorities told in one round: a Worker may make 1,000 calls per invocation. */
const ROUND_SIZE = 400;

export abstract class Courier extends DurableObject<Env> implements CourierCalls {
  protected abstract readonly gateway: Gateway;
  readonly #tombstones = new Tombstones(this.ctx.storage, {
    db: () => this.env.DB,
    callCourier: () => this.#stubs.role("courier").call(),
  });
  readonly #collector = new Collector(
    this.ctx.storage,
    new Restores(() => this.#stubs.role("reconciler").watchRecords()),
    () => ({
      db: this.env.DB,
      collectors: this.gateway.collectors,
      requestsKeptMs: this.gateway.requestLog.keptMs,
    }),
  );
  readonly #feed = new Feed({
    told: () => this.#stubs.role("reconciler").changesTold(),
    readStart: (told, limit) => readFeedStart(this.env.DB, told, limit),
    readRows: (number, limit) => readRows(this.env.DB, number, limit),
    now: () => Date.now(),
  });
  readonly #clock = new StuckClock(this.ctx);
  #checkJurisdictions: (() => Promise<void>) | undefined;

  async call(): Promise<void> {
    this.#clock.restartIfStuck();
    const now = Date.now();
    this.ctx.storage.kv.put("watch_until", now + WATCH_MS);
    const set = await this.ctx.storage.getAlarm();
    // An alarm that is far away was set before the clock stepped back.
    if (set === null || set > now + ROUND_MS) await this.ctx.storage.setAlarm(now + ROUND_MS);
  }

  /** For the object of this class that deletes old rows. It also records the jurisdictions that are new, if nobody asks for `/readyz`. */
  async startRetention(): Promise<void> {
    this.#clock.restartIfStuck();
    await this.#retention.start(Date.now());
    this.#checkJurisdictions ??= jurisdictionCheck(this.env.DB, jurisdictionsOf(this.gateway), toConsole);
    // The log says which objects would move; a fault of D1 is for the next hour.
    await this.#checkJurisdictions().catch(() => undefined);
  }

  lastCleanup(): Cleanup | undefined {
    return this.#retention.latest;
  }

  /** For the object of this class that remembers what ended, and puts it back after a restore of D1. */
  async startTombstones(): Promise<void> {
    this.#clock.restartIfStuck();
    await this.#tombstones.start(Date.now());
  }

  async collectTombstones(): Promise<void> {
    this.#clock.restartIfStuck();
    await this.#tombstones.collect(Date.now());
  }

  async rememberRevocation(keyId: string, revokedAt: number): Promise<void> {
    this.#clock.restartIfStuck();
    await this.#tombstones.remember(keyId, revokedAt, Date.now());
  }

  /** For a collector. */
  async report(number: number, report: Report): Promise<ReportAnswer> {
    this.#clock.restartIfStuck();
    return this.#collector.report(number, report, Date.now());
  }

  usage(question: UsageQuestion): UsageAnswer | "too much" {
    this.#clock.restartIfStuck();
    return this.#collector.usage(question, Date.now());
  }

  usageOfAll(question: UsageQuestion): UsageAnswer | "too much" {
    return this.usage(question);
  }

  traffic(question: TrafficQuestion): readonly TrafficSum[] {
    this.#clock.restartIfStuck();
    return this.#collector.traffic(question);
  }

  latency(question: LatencyQuestion): readonly LatencySum[] {
    this.#clock.restartIfStuck();
    return this.#collector.latency(question);
  }

  trafficTotals(): readonly RouteTraffic[] {
    this.#clock.restartIfStuck();
    return this.#collector.trafficTotals();
  }

  lastUse(organizationId: string, keyId: string): number | undefined {
    return this.#collector.lastUse(organizationId, keyId);
  }

  /** For the object of this class that finds changes made in D1 by hand, and restores of D1. Returns the number of the latest restore. */
  async watchRecords(): Promise<number> {
    this.#clock.restartIfStuck();
    return this.#reconciler.watch(Date.now());
  }

  async noteRecordChange(): Promise<void> {
    this.#clock.restartIfStuck();
    await this.#reconciler.noteChange(Date.now());
  }

  changesTold(): Told {
    this.#clock.restartIfStuck();
    return this.#reconciler.told;
  }

  /** For a feed. */
  async changesSince(question: FeedQuestion): Promise<FeedAnswer | undefined> {
    this.#clock.restartIfStuck();
    return this.#feed.since(question);
  }

  lastReconciled(): Reconciled {
    return this.#reconciler.latest;
  }

  findRequest(id: string): FoundRequest | undefined {
    this.#clock.restartIfStuck();
    return this.#collector.requests.find(id, Date.now());
  }

  listRequests(place: Place | null, filter: RequestFilter, page: RequestPage): readonly FoundRequest[] {
    this.#clock.restartIfStuck();
    return this.#collector.requests.list(place, filter, page, Date.now());
  }

  keysOfRequests(place: Place): readonly string[] {
    this.#clock.restartIfStuck();
    return this.#collector.requests.keyIds(place, Date.now());
  }

  override async alarm(): Promise<void> {
    this.#clock.restartIfStuck();
    if (this.#retention.isHere) return this.#retention.alarm(Date.now());
    if (this.#tombstones.isHere) return this.#tombstones.alarm(Date.now());
    if (this.#collector.isHere) return this.#collector.alarm(Date.now());
    if (this.#reconciler.isHere) return this.#reconciler.alarm(Date.now());
    const watchUntil = this.ctx.storage.kv.get<number>("watch_until") ?? 0;
    const watching = isRecent(watchUntil - WATCH_MS, WATCH_MS, Date.now());
    // While D1 cannot be read or written, there is a next round.
    const pending = await readOutbox(this.env.DB, ROUND_SIZE).catch(() => undefined);
    const told = pending ? await this.#deliver(pending).catch(() => 0) : 0;
    if (pending?.length === 0 && !watching) return;
    // A full round that went well is followed at once by the next.
    await this.ctx.storage.setAlarm(Date.now() + (told === ROUND_SIZE ? 0 : ROUND_MS));
  }

  get #retention(): Retention {
    return new Retention(this.ctx.storage, this.env.DB, this.gateway.retention);
  }

  get #reconciler(): Reconciler {
    return new Reconciler(this.ctx.storage, {
      db: this.env.DB,
      tell: ({ environment, id, number }) => this.#tell(environment, id, number),
      callCourier: () => this.#stubs.role("courier").call(),
    });
  }

  get #stubs() {
    return stubsOf(this.env, this.gateway);
  }

  #deliver(pending: readonly Pending[]): Promise<number> {
    return deliver(this.env.DB, pending, (environment, keyId) => this.#tell(environment, keyId));
  }

  async #tell(environment: string, keyId: string, number?: number): Promise<void> {
    await this.#stubs.authority(environment, keyId).recordChanged(environment, keyId, this.gateway.plans, number);
  }
}
