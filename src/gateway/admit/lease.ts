/** Step 4: a live lease of the key, from memory or from the key's authority. One question at a time for each key serves all who wait. */

import { authorityName } from "../../authority/name.ts";
import { type Gateway, limitsOfKey, unknownPlanOf } from "../../config/compile.ts";
import { DeadlineError, within } from "../../deadline.ts";
import { Holding } from "../../domain/holding.ts";
import type { KeyRecord } from "../../domain/key.ts";
import type { Answer, LeaseReport, Question } from "../../domain/lease.ts";
import type { Refusal } from "../../errors.ts";
import { Fallback } from "./fallback.ts";
import { Flights, type WaitUntil } from "./flights.ts";
import { Generations } from "./generations.ts";
import type { Identity } from "./identify.ts";
import { askWithPlans } from "./plans.ts";
import { UsageCounter, type Use } from "./usage.ts";

export type AskAuthority = (question: Question) => Promise<Answer>;

/** What one isolate knows of one key's leases. */
interface Desk {
  holding: Holding | undefined;
  /** Of the record that was lent last; `undefined` before the first lease. */
  plan: string | null | undefined;
  /** Requests that want a token and have none yet. */
  waiting: number;
  /** Of leases that are over, until an authority has heard them. */
  reports: LeaseReport[];
  /** After a question that was not answered in time: until when no other is asked. */
  pausedUntil: number;
  fallback: Fallback | undefined;
}

/**
 * Keys whose leases one isolate remembers, at the most twice as many. With all else that it remembers it stays below 64 MB;
 * it may take 128: https://developers.cloudflare.com/workers/platform/limits/#memory
 */
const DESKS = 8_000;
/** How long an authority that did not answer in time is left alone. */
const PAUSE_MS = 1_000;

export class Leases {
  readonly #ask: AskAuthority;
  readonly #usage: UsageCounter;
  readonly #now: () => number;
  readonly #gateway: Gateway;
  readonly #desks = new Generations<string, Desk>(DESKS);
  readonly #flights = new Flights<Holding | Refusal>();
  readonly #looks = new Flights<Answer>();
  #latest = 0;
  /** How often the clock was seen to step back. */
  #stepsBack = 0;

  constructor(ask: AskAuthority, gateway: Gateway, now: () => number, reportAfterMs?: number) {
    this.#usage = new UsageCounter((identity) => this.#report(identity), now, reportAfterMs);
    this.#ask = this.#usage.carriedBy(ask);
    this.#gateway = gateway;
    this.#now = now;
  }

  /** Counts a request that waits for a token, for as long as `work` takes. */
  async queue<T>(identity: Identity, work: () => Promise<T>): Promise<T> {
    const desk = this.#desk(identity);
    desk.waiting += 1;
    try {
      return await work();
    } finally {
      desk.waiting -= 1;
    }
  }

  /** A lease in hand that can decide about a request now. */
  held(identity: Identity): Holding | undefined {
    const now = this.#readClock();
    const { holding } = this.#desk(identity);
    return holding?.isUseful(now) ? holding : undefined;
  }

  /** A lease that can decide about the next request; it may be used up by the time that the caller has it. */
  async hold(identity: Identity, waitUntil: WaitUntil): Promise<Holding | Refusal> {
    const held = this.held(identity);
    if (held) return held;
    const now = this.#readClock();
    const desk = this.#desk(identity);
    if (now < desk.pausedUntil) return { code: "authority_unavailable" };
    const name = authorityName(identity.environment, identity.keyId);
    try {
      // An answer that takes longer than a lease lives brings a lease that is over.
      return await within(
        this.#gateway.leaseTtlMs,
        this.#flights.join(name, () => this.#fly(desk, identity, waitUntil), waitUntil),
      );
    } catch (error) {
      if (error instanceof DeadlineError) desk.pausedUntil = this.#readClock() + PAUSE_MS;
      return { code: "authority_unavailable" };
    }
  }

  /** The key's record, no older than a lease, for those who want no token. */
  async look(identity: Identity, waitUntil: WaitUntil): Promise<KeyRecord | Refusal> {
    const { holding } = this.#desk(identity);
    return holding?.isLive(this.#readClock()) ? holding.lease.record : this.lookAnew(identity, waitUntil);
  }

  /** The key's record as its authority has it now. */
  async lookAnew(identity: Identity, waitUntil: WaitUntil): Promise<KeyRecord | Refusal> {
    const desk = this.#desk(identity);
    const name = authorityName(identity.environment, identity.keyId);
    try {
      const answer = await within(
        this.#gateway.leaseTtlMs,
        this.#looks.join(name, () => this.#put(desk, identity), waitUntil),
      );
      if (answer.kind === "lease") return answer.lease.record;
      return answer.kind === "no_such_key" ? { code: "key_unknown" } : { code: "plan_unknown", plan: answer.plan };
    } catch {
      return { code: "authority_unavailable" };
    }
  }

  /** For a route that goes on while the authority cannot be reached; `undefined` where the key was not in use lately. */
  holdWithoutAuthority(identity: Identity): Holding | undefined {
    const now = this.#readClock();
    const desk = this.#desk(identity);
    return desk.fallback?.hold(now, desk.waiting);
  }

  /** Counts a request that was answered; the key's authority learns of it soon. */
  count(identity: Identity, use: Use, waitUntil: WaitUntil): void {
    this.#usage.count(identity, use, waitUntil);
  }

  /** For a lease whose record lacks a secret that the key has: it is older than the secret. */
  drop(identity: Identity): void {
    this.#close(this.#desk(identity));
  }

  #fly(desk: Desk, identity: Identity, waitUntil: WaitUntil): Promise<Holding | Refusal> {
    const renewal = this.#renew(desk, identity);
    waitUntil(renewal.then(() => this.#reportSoon(desk, identity)).catch(() => undefined));
    return renewal;
  }

  /** Where tokens are scarce: what those who waited have used up is not kept from others until the next question. */
  async #reportSoon(desk: Desk, identity: Identity): Promise<void> {
    const { holding } = desk;
    if (!holding?.lease.reportSoon) return;
    // Until all who waited have had their turn.
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (desk.holding !== holding || holding.left > 0) return;
    const report = holding.end(this.#readClock());
    if (report) await this.#put(desk, identity, { reports: [report] });
  }

  /** What the authority has to know, while there is nothing to ask of it. */
  async #report(identity: Identity): Promise<void> {
    const now = this.#readClock();
    const desk = this.#desk(identity);
    if (!desk.holding?.isLive(now)) this.#close(desk);
    const { reports } = desk;
    await this.#put(desk, identity, { reports });
    desk.reports = desk.reports.filter((report) => !reports.includes(report));
  }

  async #renew(desk: Desk, identity: Identity): Promise<Holding | Refusal> {
    // Those who were served this very moment no longer wait.
    await undefined;
    const wanted = desk.holding?.wantedNext(this.#readClock()) ?? 1;
    this.#close(desk);
    const reports = desk.reports;
    const askedAt = this.#readClock();
    const stepsBack = this.#stepsBack;
    const answer = await this.#put(desk, identity, { waiting: desk.waiting, wanted, reports });
    desk.reports = desk.reports.filter((report) => !reports.includes(report));
    if (answer.kind === "no_such_key") return { code: "key_unknown" };
    if (answer.kind === "plan_unknown") return { code: "plan_unknown", plan: answer.plan };
    const { lease } = answer;
    desk.plan = lease.record.plan;
    desk.fallback = this.#fallbackOn(lease.record, askedAt);
    const receivedAt = this.#readClock();
    // If the clock stepped back meanwhile, nobody knows how old the lease is: it counts as over.
    const isOver = this.#stepsBack > stepsBack;
    desk.holding = new Holding(lease, isOver ? Number.NEGATIVE_INFINITY : askedAt, receivedAt);
    return desk.holding;
  }

  #put(
    { plan }: Desk,
    { environment, keyId, hash: secretHash }: Identity,
    { waiting = 0, wanted = 0, reports = [] }: Partial<Pick<Question, "waiting" | "wanted" | "reports">> = {},
  ): Promise<Answer> {
    const question = { environment, keyId, secretHash, waiting, wanted, reports };
    return askWithPlans(this.#ask, question, this.#gateway.plans, plan);
  }

  /** None where only the authority knows the key's limits. */
  #fallbackOn(record: KeyRecord, leasedAt: number): Fallback | undefined {
    if (unknownPlanOf(record, this.#gateway) !== undefined) return undefined;
    return new Fallback(record, limitsOfKey(record, this.#gateway), leasedAt);
  }

  #close(desk: Desk): void {
    const report = desk.holding?.end(this.#readClock());
    if (report) desk.reports = [...desk.reports, report];
    desk.holding = undefined;
  }

  /** The clock, watched: after it stepped back, no lease of before can be trusted to end in time. */
  #readClock(): number {
    const now = this.#now();
    if (now < this.#latest) {
      this.#desks.clear();
      this.#stepsBack += 1;
    }
    this.#latest = now;
    return now;
  }

  #desk({ environment, keyId }: Identity): Desk {
    const name = authorityName(environment, keyId);
    const known = this.#desks.get(name);
    if (known) return known;
    const desk: Desk = {
      holding: undefined,
      plan: undefined,
      waiting: 0,
      reports: [],
      pausedUntil: 0,
      fallback: undefined,
    };
    this.#desks.set(name, desk);
    return desk;
  }
}
