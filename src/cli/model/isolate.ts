/** What one isolate knows of one simulated key: it holds leases by the code of the real one. */

import { Holding } from "../../domain/holding.ts";
import type { LeaseReport, TokenLease } from "../../domain/lease.ts";
import type { Agenda } from "./agenda.ts";
import type { SimulatedAuthority } from "./authority.ts";
import type { Tally } from "./tally.ts";

/** As in `gateway/reports/reporter.ts`: after each round, what is left of leases goes back. */
const REPORT_AFTER_MS = 10_000;

export interface Surroundings {
  readonly agenda: Agenda;
  readonly authority: SimulatedAuthority;
  readonly tally: Tally;
  /** Milliseconds to the authority and back. */
  readonly roundTripMs: number;
}

export class SimulatedIsolate {
  readonly #around: Surroundings;
  #holding: Holding<TokenLease> | undefined;
  #reports: LeaseReport[] = [];
  /** When the requests came that wait for an answer. */
  #waiting: number[] = [];
  #isAsking = false;
  #roundEndsAt: number | undefined;
  #isGone = false;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** Its leases are lost with it. */
  end(): void {
    this.#isGone = true;
  }

  /** `cameAt`: before its key was found. */
  request(now: number, cameAt: number): void {
    this.#beginRound(now);
    if (this.#isAsking || !this.#decide(now, cameAt)) this.#waiting.push(cameAt);
    if (this.#waiting.length > 0 && !this.#isAsking) this.#ask(now);
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
    const report = this.#holding?.end(now);
    this.#holding = undefined;
    const reports = report ? [...this.#reports, report] : this.#reports;
    this.#reports = [];
    const question = { waiting: this.#waiting.length, wanted, reports };
    this.#isAsking = true;
    agenda.add(now + roundTripMs / 2, (at) => {
      const lease = authority.ask(question, at);
      agenda.add(now + roundTripMs, (back) => this.#answered(lease, now, back));
    });
  }

  #answered(lease: TokenLease, askedAt: number, now: number): void {
    if (this.#isGone) return;
    this.#isAsking = false;
    const holding = new Holding(lease, askedAt, now);
    this.#holding = holding;
    this.#waiting = this.#waiting.filter((cameAt) => !this.#decide(now, cameAt));
    if (this.#waiting.length > 0) {
      this.#ask(now);
      return;
    }
    const report = lease.reportSoon && holding.left === 0 ? holding.end(now) : undefined;
    if (report) this.#send(now, [report]);
  }

  #beginRound(now: number): void {
    const { agenda, authority } = this.#around;
    if (this.#roundEndsAt !== undefined) return;
    this.#roundEndsAt = now + REPORT_AFTER_MS;
    agenda.add(this.#roundEndsAt, (at) => {
      this.#roundEndsAt = undefined;
      if (!this.#giveBack(at)) agenda.add(at + authority.ttlMs, (later) => this.#giveBack(later));
    });
  }

  /** What is left of a lease that is over. Returns whether it is. */
  #giveBack(now: number): boolean {
    if (this.#isGone || this.#holding?.isLive(now)) return this.#isGone;
    const over = this.#holding?.end(now);
    this.#holding = undefined;
    const reports = over ? [...this.#reports, over] : this.#reports;
    this.#reports = [];
    if (reports.length > 0) this.#send(now, reports);
    return true;
  }

  /** A question of which nobody waits for the answer. */
  #send(now: number, reports: LeaseReport[]): void {
    const { agenda, authority, roundTripMs } = this.#around;
    agenda.add(now + roundTripMs / 2, (at) => authority.ask({ waiting: 0, wanted: 0, reports }, at));
  }
}
