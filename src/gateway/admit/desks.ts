/**
 * An isolate's leases: of keys, and of every other account. One question at a time for each account serves all who
 * wait for one of its tokens.
 */

import { DeadlineError, within } from "../../deadline.ts";
import { Holding } from "../../domain/holding.ts";
import type { LeaseReport, TokenLease, TokenQuestion } from "../../domain/lease.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { Flights, type WaitUntil } from "./flights.ts";
import { Generations } from "./generations.ts";

/** What one isolate knows of one account's leases. */
export interface Desk<L extends TokenLease, Memory> {
  holding: Holding<L> | undefined;
  /** Requests that want a token and have none yet. */
  waiting: number;
  /** Of leases that are over, until an authority has heard them. */
  reports: LeaseReport[];
  /** After a question that was not answered in time: until when no other is asked. */
  pausedUntil: number;
  /** What else to remember about the account. */
  memory: Memory;
}

/** Who owns accounts of one kind, and how to ask for their tokens. */
export interface Owners<Owner, L extends TokenLease, Memory> {
  readonly nameOf: (owner: Owner) => string;
  readonly remember: () => Memory;
  /** Rejects if the account cannot be asked. */
  readonly ask: (owner: Owner, question: TokenQuestion, memory: Memory) => Promise<L | Refusal>;
}

/**
 * How many accounts' leases one isolate remembers, at most twice as many. With all else that it remembers it stays below 64 MB;
 * it may take 128: https://developers.cloudflare.com/workers/platform/limits/#memory
 */
const DESKS = 8_000;
/** A Worker can make 1,000 calls for each request, and one request makes those of many accounts. */
const GIVEN_BACK_AT_ONCE = 400;
/** How long an authority that did not answer in time is left alone. */
const PAUSE_MS = 1_000;

export class Desks<Owner, L extends TokenLease, Memory = undefined> {
  readonly #owners: Owners<Owner, L, Memory>;
  readonly #ttlMs: number;
  readonly #now: () => number;
  readonly #desks = new Generations<string, Desk<L, Memory>>(DESKS);
  readonly #flights = new Flights<Holding<L> | Refusal>();
  /** Of whom there were too many at once. */
  #leftOver: readonly Owner[] = [];
  #latest = 0;
  /** How often the clock was seen to step back. */
  #stepsBack = 0;

  constructor(owners: Owners<Owner, L, Memory>, ttlMs: number, now: () => number) {
    this.#owners = owners;
    this.#ttlMs = ttlMs;
    this.#now = now;
  }

  /** Counts a request that waits for a token, for as long as `work` takes. */
  async queue<T>(owner: Owner, work: () => Promise<T>): Promise<T> {
    const desk = this.of(owner);
    desk.waiting += 1;
    try {
      return await work();
    } finally {
      desk.waiting -= 1;
    }
  }

  /** A lease in hand that can decide about a request now. */
  held(owner: Owner): Holding<L> | undefined {
    const now = this.readClock();
    const { holding } = this.of(owner);
    return holding?.isUseful(now) ? holding : undefined;
  }

  /**
   * A lease that can decide about the next request; it can be used up by the time that the caller has it. No more than
   * `atMost` tokens are asked for.
   */
  async hold(owner: Owner, waitUntil: WaitUntil, atMost = Number.POSITIVE_INFINITY): Promise<Holding<L> | Refusal> {
    const held = this.held(owner);
    if (held) return held;
    const now = this.readClock();
    const desk = this.of(owner);
    if (now < desk.pausedUntil) return { code: "authority_unavailable" };
    try {
      // An answer that takes longer than a lease's ttl brings a lease that has ended.
      return await within(
        this.#ttlMs,
        this.#flights.join(this.#owners.nameOf(owner), () => this.#fly(desk, owner, waitUntil, atMost), waitUntil),
      );
    } catch (error) {
      if (error instanceof DeadlineError) desk.pausedUntil = this.readClock() + PAUSE_MS;
      return { code: "authority_unavailable" };
    }
  }

  of(owner: Owner): Desk<L, Memory> {
    const name = this.#owners.nameOf(owner);
    const known = this.#desks.get(name);
    if (known) return known;
    const memory = this.#owners.remember();
    const desk: Desk<L, Memory> = { holding: undefined, waiting: 0, reports: [], pausedUntil: 0, memory };
    this.#desks.set(name, desk);
    return desk;
  }

  /** Ends the present lease. The next question reports what was used of it. */
  drop(owner: Owner): void {
    this.#close(this.of(owner));
  }

  /** Tells the account about ended leases when there is nothing to ask it. */
  async report(owner: Owner): Promise<void> {
    const desk = this.of(owner);
    if (!desk.holding?.isLive(this.readClock())) this.#close(desk);
    const { reports } = desk;
    await this.#owners.ask(owner, { waiting: 0, wanted: 0, reports }, desk.memory);
    desk.reports = desk.reports.filter((report) => !reports.includes(report));
  }

  /** What is left of leases that are over goes back. Returns whose leases still live. */
  async giveBack(owners: readonly Owner[]): Promise<readonly Owner[]> {
    const all = [...this.#leftOver, ...owners];
    const now = this.readClock();
    const isLive = (owner: Owner) => this.of(owner).holding?.isLive(now) ?? false;
    const over = all.filter((owner) => !isLive(owner) && this.#hasLeft(owner));
    this.#leftOver = over.slice(GIVEN_BACK_AT_ONCE);
    await Promise.allSettled(over.slice(0, GIVEN_BACK_AT_ONCE).map((owner) => this.report(owner)));
    return all.filter(isLive);
  }

  /** The next question, if there is one, tells what was spent to the last token. */
  #hasLeft(owner: Owner): boolean {
    const { holding, reports } = this.of(owner);
    return (holding?.left ?? 0) > 0 || reports.some(({ unspent }) => unspent > 0);
  }

  /** The clock, watched: after it stepped back, no lease of before can be trusted to end in time. */
  readClock(): number {
    const now = this.#now();
    if (now < this.#latest) {
      this.#desks.clear();
      this.#stepsBack += 1;
    }
    this.#latest = now;
    return now;
  }

  #fly(desk: Desk<L, Memory>, owner: Owner, waitUntil: WaitUntil, atMost: number): Promise<Holding<L> | Refusal> {
    const renewal = this.#renew(desk, owner, atMost);
    waitUntil(renewal.then(() => this.#reportSoon(desk, owner)).catch(() => undefined));
    return renewal;
  }

  /** Where tokens are scarce: what those who waited have used up is not kept from others until the next question. */
  async #reportSoon(desk: Desk<L, Memory>, owner: Owner): Promise<void> {
    const { holding } = desk;
    if (!holding?.lease.reportSoon) return;
    // Until all who waited have had their turn.
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (desk.holding !== holding || holding.left > 0) return;
    const report = holding.end(this.readClock());
    if (report) await this.#owners.ask(owner, { waiting: 0, wanted: 0, reports: [report] }, desk.memory);
  }

  async #renew(desk: Desk<L, Memory>, owner: Owner, atMost: number): Promise<Holding<L> | Refusal> {
    // Those who were served this very moment no longer wait.
    await undefined;
    const wanted = Math.min(desk.holding?.wantedNext(this.readClock()) ?? 1, atMost);
    this.#close(desk);
    const reports = desk.reports;
    const askedAt = this.readClock();
    const stepsBack = this.#stepsBack;
    const waiting = Math.min(desk.waiting, atMost);
    const lease = await this.#owners.ask(owner, { waiting, wanted, reports }, desk.memory);
    desk.reports = desk.reports.filter((report) => !reports.includes(report));
    if (isRefusal(lease)) return lease;
    const receivedAt = this.readClock();
    // If the clock stepped back meanwhile, nobody knows how old the lease is: it counts as over.
    const isOver = this.#stepsBack > stepsBack;
    desk.holding = new Holding(lease, isOver ? Number.NEGATIVE_INFINITY : askedAt, receivedAt);
    return desk.holding;
  }

  #close(desk: Desk<L, Memory>): void {
    const report = desk.holding?.end(this.readClock());
    if (report) desk.reports = [...desk.reports, report];
    desk.holding = undefined;
  }
}
