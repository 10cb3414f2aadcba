/** An isolate's leases, of keys and of every other account. One question at a time for each serves all who wait for its tokens. */

import { DeadlineError, wait, within } from "../../deadline.ts";
import { Generations } from "../../domain/generations.ts";
import { Holding, KEEPS_FIRST } from "../../domain/holding.ts";
import type { TokenLease, TokenQuestion } from "../../domain/lease.ts";
import { MAX_IN_VAIN } from "../../domain/renewal.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import type { Desk, Owners, Renewal } from "./desk.ts";
import { DESK_BYTES, giveBack, hasLeft, newDesk, PAUSE_MS, patienceWith } from "./desk.ts";
import { Flights, type WaitUntil } from "./flights.ts";
import type { WatchedClock } from "./watched-clock.ts";

/** A Worker can make 1,000 calls for each request. One request makes those of many accounts, up to three times. */
const GIVEN_BACK_AT_ONCE = 250;

export class Desks<Owner, L extends TokenLease, Memory = undefined> {
  readonly #owners: Owners<Owner, L, Memory>;
  readonly #ttlMs: number;
  readonly #clock: WatchedClock;
  readonly #desks: Generations<string, Desk<L, Memory>>;
  readonly #flights: Flights<Holding<L> | Refusal>;
  /** Of whom there were too many at once, or who could not be told. */
  #leftOver: Owner[] = [];
  /** How often the clock had stepped back when it was last read. */
  #stepsBack = 0;

  constructor(owners: Owners<Owner, L, Memory>, ttlMs: number, clock: WatchedClock) {
    this.#owners = owners;
    this.#desks = new Generations(owners.maxBytes, (desk) => desk.bytes);
    this.#ttlMs = ttlMs;
    this.#clock = clock;
    this.#flights = new Flights(() => clock.read());
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

  /** A lease in hand that can decide about a request now. With `waitUntil`, the next one is asked for in time. */
  held(owner: Owner, waitUntil?: WaitUntil): Holding<L> | undefined {
    const now = this.readClock();
    const desk = this.of(owner);
    const { holding } = desk;
    if (waitUntil) this.#owners.see?.(now, waitUntil);
    if (!holding?.isUseful(now)) return undefined;
    if (waitUntil && holding.isWorthRenewing(now) && desk.renewal?.of !== holding) {
      waitUntil(this.#renewAhead(desk, owner, holding, now));
    }
    return holding;
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
    const renewed = desk.renewal && (await this.#renewed(desk.renewal, owner, now));
    if (renewed) return renewed;
    if (now < desk.pausedUntil) return { code: "authority_unavailable" };
    try {
      const [name, secret] = [this.#owners.nameOf(owner), this.#owners.secretOf?.(owner)];
      const begin = () => this.#fly(desk, owner, waitUntil, atMost);
      // An answer that takes longer than a lease's ttl brings a lease that has ended.
      return await within(this.#ttlMs, this.#flights.join(name, begin, waitUntil, secret));
    } catch (error) {
      if (error instanceof DeadlineError) desk.pausedUntil = this.readClock() + PAUSE_MS;
      return { code: "authority_unavailable" };
    }
  }

  of(owner: Owner): Desk<L, Memory> {
    const name = this.#owners.nameOf(owner);
    const known = this.#desks.get(name);
    if (known) return known;
    const desk = newDesk<L, Memory>(this.#owners.remember());
    this.#desks.set(name, desk);
    return desk;
  }

  /** Ends the present lease. A question with another secret is not waited for. The next question reports what was used of it. */
  drop(owner: Owner): void {
    const desk = this.of(owner);
    this.#close(desk);
    desk.renewal = undefined;
    this.#flights.forget(this.#owners.nameOf(owner), this.#owners.secretOf?.(owner));
  }

  /** Tells the account about ended leases when there is nothing to ask it. */
  async report(owner: Owner): Promise<void> {
    const desk = this.of(owner);
    if (!desk.holding?.isLive(this.readClock())) this.#close(desk);
    await this.#ask(desk, owner, { waiting: 0, wanted: 0 });
  }

  /** What is left of leases that are over goes back; with `keepsNothing`, of all that are not live. Returns whose leases stay. */
  async giveBack(owners: readonly Owner[], keepsNothing = false): Promise<readonly Owner[]> {
    const all = [...new Map([...this.#leftOver, ...owners].map((each) => [this.#owners.nameOf(each), each])).values()];
    const now = this.readClock();
    // Those that are no longer remembered are not remembered again for this.
    const deskOf = (owner: Owner) => this.#desks.peek(this.#owners.nameOf(owner));
    const stays = (owner: Owner) => deskOf(owner)?.holding?.isOver(now, keepsNothing) === false;
    const over = all.filter((owner) => !stays(owner) && hasLeft(deskOf(owner)));
    this.#leftOver = over.splice(GIVEN_BACK_AT_ONCE);
    await Promise.all(over.map((owner) => this.report(owner).catch(() => this.#leftOver.push(owner))));
    return all.filter(stays);
  }

  /** The clock, watched: after it stepped back, no lease of before can be trusted to end in time. */
  readClock(): number {
    const now = this.#clock.read();
    if (this.#clock.stepsBack !== this.#stepsBack) {
      this.#desks.clear();
      this.#stepsBack = this.#clock.stepsBack;
    }
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
    await wait(0);
    if (desk.holding !== holding || holding.left > 0) return;
    const report = holding.end(this.readClock());
    if (report) await this.#owners.ask(owner, { waiting: 0, wanted: 0, reports: [report] }, desk.memory);
  }

  async #renew(desk: Desk<L, Memory>, owner: Owner, atMost: number): Promise<Holding<L> | Refusal> {
    // Those who were served this very moment no longer wait.
    await undefined;
    const begunAt = this.readClock();
    const wanted = Math.min(desk.holding?.wantedNext(begunAt) ?? 1, atMost);
    const chain = this.#owners.chain?.();
    const keeps = chain && (desk.holding?.keepsNext(begunAt) ?? KEEPS_FIRST);
    this.#close(desk);
    // One that is still under way comes too late.
    desk.renewal = undefined;
    const waiting = Math.min(desk.waiting, atMost);
    const [askedAt, stepsBack] = [this.readClock(), this.#stepsBack];
    desk.asked += 1;
    const { asked } = desk;
    const lease = await this.#ask(desk, owner, { waiting, wanted, keeps });
    if (isRefusal(lease)) return lease;
    const receivedAt = this.readClock();
    // If the clock stepped back meanwhile, nobody knows how old the lease is: it counts as over.
    const isOver = this.#stepsBack > stepsBack;
    const cover = isOver ? undefined : chain && this.#owners.cover?.(lease, chain);
    const holding = new Holding(lease, isOver ? Number.NEGATIVE_INFINITY : askedAt, receivedAt, 0, cover);
    if (desk.asked === asked) return this.#put(desk, owner, holding);
    // It took so long that another question was asked, which brings a newer lease.
    giveBack(desk, holding, receivedAt);
    return desk.holding ?? holding;
  }

  /** The lease that a renewal brings soon, if it brings one. */
  async #renewed(renewal: Renewal<L>, owner: Owner, now: number): Promise<Holding<L> | undefined> {
    const patienceMs = renewal.askedAt + patienceWith(renewal, this.#ttlMs) - now;
    if (patienceMs <= 0) return undefined;
    await within(patienceMs, renewal.end).catch(() => undefined);
    return this.held(owner);
  }

  /** `turn`: how often it was asked in vain, one after the other. */
  async #renewAhead(desk: Desk<L, Memory>, owner: Owner, of: Holding<L>, now: number, turn = 0): Promise<void> {
    const { promise: end, resolve } = Promise.withResolvers<void>();
    desk.renewal = { of, askedAt: now + of.renewsInMs(now), end };
    const next = await this.#askAhead(desk, owner, desk.renewal, now).catch(() => undefined);
    resolve();
    // Else it would keep the lease that it replaced, with its record.
    if (desk.renewal?.of === of && desk.holding !== of) desk.renewal = undefined;
    const answeredAt = this.readClock();
    const isInVain = next?.lease.tokens === 0 && next.isWorthRenewing(answeredAt);
    if (isInVain && turn < MAX_IN_VAIN) await this.#renewAhead(desk, owner, next, answeredAt, turn + 1);
  }

  /** Returns the next lease, if it is in hand now. */
  async #askAhead(desk: Desk<L, Memory>, owner: Owner, renewal: Renewal<L>, now: number) {
    const { of: old } = renewal;
    const afterMs = renewal.askedAt - now;
    // The request that is decided now takes its token first.
    await undefined;
    if (afterMs > 0) await wait(afterMs);
    if (desk.renewal !== renewal) return undefined;
    const askedAt = this.readClock();
    const { spent } = old;
    const { wanted, keeps, renews } = old.renewal(askedAt);
    const chain = this.#owners.chain?.();
    const lease = await this.#ask(desk, owner, { waiting: 0, wanted, keeps: chain && keeps, renews });
    if (isRefusal(lease)) return undefined;
    const receivedAt = this.readClock();
    const spentMeanwhile = lease.renewed ? old.spent - spent : 0;
    const cover = chain && this.#owners.cover?.(lease, chain);
    const next = new Holding(lease, askedAt, receivedAt, spentMeanwhile, cover);
    if (desk.renewal !== renewal) {
      giveBack(desk, next, receivedAt);
      return undefined;
    }
    // It could not be renewed, and there is nothing else to lend.
    if (lease.tokens === 0 && old.left > 0 && old.isLive(receivedAt)) return undefined;
    if (lease.renewed) old.end(receivedAt);
    else giveBack(desk, old, receivedAt);
    return this.#put(desk, owner, next);
  }

  async #ask(desk: Desk<L, Memory>, owner: Owner, question: Omit<TokenQuestion, "reports">): Promise<L | Refusal> {
    const { reports } = desk;
    const answer = await this.#owners.ask(owner, { ...question, reports }, desk.memory);
    // Who refuses has not heard them.
    if (!isRefusal(answer)) desk.reports = desk.reports.filter((report) => !reports.includes(report));
    return answer;
  }

  #put(desk: Desk<L, Memory>, owner: Owner, holding: Holding<L>): Holding<L> {
    desk.holding = holding;
    const bytes = DESK_BYTES + (this.#owners.bytesOf?.(holding.lease) ?? 0);
    this.#desks.grow(this.#owners.nameOf(owner), desk, bytes - desk.bytes);
    desk.bytes = bytes;
    return holding;
  }

  #close(desk: Desk<L, Memory>): void {
    if (desk.holding) giveBack(desk, desk.holding, this.readClock());
    if (desk.holding) this.#owners.over?.(desk.holding, desk.memory);
    desk.holding = undefined;
  }
}
