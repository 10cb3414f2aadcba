/** What one isolate knows of one simulated key: it holds leases by the code of the real one. */

import { type Cover, Holding, KEEPS_FIRST } from "../../domain/holding.ts";
import type { LeaseReport, TokenLease } from "../../domain/lease.ts";
import { MAX_IN_VAIN } from "../../domain/renewal.ts";
import type { Agenda } from "./agenda.ts";
import type { SimulatedAuthority } from "./authority.ts";
import type { Tally } from "./tally.ts";
import type { Traffic } from "./traffic.ts";

export interface Surroundings {
  readonly agenda: Agenda;
  readonly authority: SimulatedAuthority;
  readonly tally: Tally;
  /** Milliseconds to the authority and back. */
  readonly roundTripMs: number;
  readonly reportAfterMs: number;
  /** It hears of changes by the feed. */
  readonly follows: boolean;
  readonly keeping: Traffic["keeping"];
}

/** As long as the isolate is used all the time. */
const ALWAYS: Cover = { rightAt: 0, isOver: false, isFresh: () => true };

export class SimulatedIsolate {
  readonly #around: Surroundings;
  #holding: Holding<TokenLease> | undefined;
  /** The lease that is being renewed, or was last. */
  #renewed: Holding<TokenLease> | undefined;
  /** Of leases that were not renewed. */
  #reports: readonly LeaseReport[] = [];
  /** When the requests came that wait for an answer. */
  #waiting: number[] = [];
  #isAsking = false;
  #isRenewing = false;
  #isCounting = false;
  #isGone = false;
  /** When the record was last asked for, if the feed does not say that it is right. */
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** Until when tokens can be spent whose record has to be asked for. */
  #keepsUntil = Number.NEGATIVE_INFINITY;
  readonly #looked: Cover = { rightAt: 0, isOver: false, isFresh: (now, ttlMs) => now - this.#lookedAt < ttlMs };

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** Its leases are lost with it. */
  end(): void {
    this.#isGone = true;
  }

  /** `cameAt`: before its key was found. */
  request(now: number, cameAt: number): void {
    this.#count(now);
    const holding = this.#isAsking ? undefined : this.#holding;
    const isDue = holding?.isUseful(now) && holding.isWorthRenewing(now) && holding !== this.#renewed;
    if (this.#isAsking || !this.#decide(now, cameAt)) this.#waiting.push(cameAt);
    if (holding && isDue) this.#renew(holding, now);
    // While a lease is renewed, requests that find no token wait for the next one.
    else if (this.#waiting.length > 0 && !this.#isAsking && !this.#isRenewing) this.#ask(now);
  }

  /** `turn`: how often it was asked in vain, one after the other. */
  #renew(old: Holding<TokenLease>, now: number, turn = 0): void {
    this.#renewed = old;
    this.#isRenewing = true;
    const afterMs = old.renewsInMs(now);
    if (afterMs > 0) this.#around.agenda.add(now + afterMs, (at) => this.#askAhead(old, at, turn));
    else this.#askAhead(old, now, turn);
  }

  #askAhead(old: Holding<TokenLease>, now: number, turn: number): void {
    if (this.#isGone) return;
    const { agenda, authority, roundTripMs } = this.#around;
    const { spent } = old;
    const { keeps, ...renewal } = old.renewal(now);
    const question = { waiting: 0, ...renewal, keeps: this.#keeps(keeps), reports: this.#reports };
    this.#reports = [];
    agenda.add(now + roundTripMs / 2, (at) => {
      const lease = authority.ask(question, at);
      agenda.add(now + roundTripMs, (back) => {
        this.#isRenewing = false;
        const spentMeanwhile = lease.renewed ? old.spent - spent : 0;
        const report = old.end(back);
        if (report && !lease.renewed) this.#reports = [...this.#reports, report];
        this.#answered(lease, now, back, spentMeanwhile);
        const next = this.#holding;
        const isInVain = lease.tokens === 0 && turn < MAX_IN_VAIN && next?.isWorthRenewing(back) && !this.#isAsking;
        if (next && isInVain) this.#renew(next, back, turn + 1);
      });
    });
  }

  /** How many tokens the next lease is to have that is kept. */
  #keeps(tokens: number): number | undefined {
    const { follows, keeping } = this.#around;
    if (keeping === "tokens") return tokens;
    // Without any, only leases that have no tokens are kept.
    return follows ? (keeping === "rights" ? 0 : tokens) : undefined;
  }

  get #cover(): Cover | undefined {
    if (this.#around.keeping === "tokens") return this.#looked;
    return this.#around.follows ? ALWAYS : undefined;
  }

  /** Whether the lease in hand says yes or no. */
  #decide(now: number, cameAt: number): boolean {
    const { tally } = this.#around;
    const holding = this.#holding;
    if (!holding?.isUseful(now)) return false;
    if (holding.spend(now)) tally.admitted += 1;
    else if (holding.denial(now) === null) return false;
    tally.waited(now - cameAt);
    return true;
  }

  #ask(now: number): void {
    const { agenda, authority, roundTripMs } = this.#around;
    const wanted = this.#holding?.wantedNext(now) ?? 1;
    if (this.#looks(now)) return;
    const keeps = this.#keeps(this.#holding?.keepsNext(now) ?? KEEPS_FIRST);
    const report = this.#holding?.end(now);
    this.#holding = undefined;
    const reports = report ? [...this.#reports, report] : this.#reports;
    const question = { waiting: this.#waiting.length, wanted, keeps, reports };
    this.#reports = [];
    this.#isAsking = true;
    agenda.add(now + roundTripMs / 2, (at) => {
      const lease = authority.ask(question, at);
      agenda.add(now + roundTripMs, (back) => this.#answered(lease, now, back));
    });
  }

  /** Asks for the record alone, because there are tokens that can still be spent; nothing is written then. */
  #looks(now: number): boolean {
    const { agenda, authority, roundTripMs } = this.#around;
    const holding = this.#holding;
    if (!holding?.left || holding.isLive(now) || now >= this.#keepsUntil) return false;
    this.#isAsking = true;
    agenda.add(now + roundTripMs / 2, (at) => authority.ask({ waiting: 0, wanted: 0, reports: [] }, at));
    agenda.add(now + roundTripMs, (back) => {
      if (this.#isGone) return;
      this.#isAsking = false;
      this.#lookedAt = now;
      this.#waiting = this.#waiting.filter((cameAt) => !this.#decide(back, cameAt));
      // Its tokens may be over, too.
      if (this.#waiting.length > 0) this.#ask(back);
    });
    return true;
  }

  #answered(lease: TokenLease, askedAt: number, now: number, spentMeanwhile = 0): void {
    if (this.#isGone) return;
    this.#isAsking = false;
    const holding = new Holding(lease, askedAt, now, spentMeanwhile, this.#cover);
    this.#holding = holding;
    if (this.#around.keeping === "tokens") this.#keepsUntil = askedAt + (lease.keepMs ?? 0);
    this.#waiting = this.#waiting.filter((cameAt) => !this.#decide(now, cameAt));
    if (this.#waiting.length > 0) {
      this.#ask(now);
      return;
    }
    const report = lease.reportSoon && holding.left === 0 ? holding.end(now) : undefined;
    if (report) this.#send(now, report);
  }

  /** Some time after the first count, a report goes to a collector. Tokens of leases that are over go back then. */
  #count(now: number): void {
    if (this.#isCounting) return;
    this.#isCounting = true;
    const { agenda, reportAfterMs } = this.#around;
    agenda.add(now + reportAfterMs, (at) => {
      this.#isCounting = false;
      const left = this.#holding?.isLive(at) ? this.#holding.lease.ttlMs : 0;
      agenda.add(at + left, (later) => this.#giveBack(later));
    });
  }

  #giveBack(now: number): void {
    const holding = this.#holding;
    if (this.#isGone || this.#isAsking || this.#isRenewing || !holding?.left) return;
    if (holding.isLive(now) || now < this.#keepsUntil) return;
    const over = holding.end(now);
    this.#holding = undefined;
    if (over) this.#send(now, over);
  }

  /** A question of which nobody waits for the answer. */
  #send(now: number, report: LeaseReport): void {
    const { agenda, authority, roundTripMs } = this.#around;
    agenda.add(now + roundTripMs / 2, (at) => authority.ask({ waiting: 0, wanted: 0, reports: [report] }, at));
  }
}
