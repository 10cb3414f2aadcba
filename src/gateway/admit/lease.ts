/** A live lease of the key, from memory or from the key's authority. */

import { authorityName } from "../../authority/name.ts";
import { type Gateway, limitsOfKey, unknownPlanOf } from "../../config/compile.ts";
import { wait, within } from "../../deadline.ts";
import type { Account } from "../../decide/principal.ts";
import { SECOND_MS } from "../../domain/durations.ts";
import { keySubject, type Subjects, subjectsIn, subjectsOf } from "../../domain/feed.ts";
import type { Holding } from "../../domain/holding.ts";
import { bytesOf, type KeyRecord, knowsSecret } from "../../domain/key.ts";
import type { Answer, Lease, Question, TokenQuestion } from "../../domain/lease.ts";
import type { ReportAnswer } from "../../domain/report.ts";
import { SharedParts } from "../../domain/shared-parts.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { Desks } from "./desks.ts";
import { Fallback } from "./fallback.ts";
import { Flights, type WaitUntil } from "./flights.ts";
import { type FeedSource, Follower } from "./follower.ts";
import { PlanTeller } from "./plans.ts";
import { WatchedClock } from "./watched-clock.ts";

/**
 * About what an isolate remembers of keys and their leases; up to twice as much. That is 28,000 to 56,000 ordinary keys, or fewer with
 * long lists. With all else an isolate stays below 80 MB; it may take 128: https://developers.cloudflare.com/workers/platform/limits/#memory
 */
const DESKS_BYTES = 22_000_000;

/**
 * How long after a round of reports an isolate keeps tokens that it does not use. A round takes up to 20 s, and `waitUntil` gives a
 * request 30 s.
 */
const GIVES_BACK_MS = 8_500;

export type AskAuthority = (question: Question) => Promise<Answer>;

interface Memory {
  /** Of the record that was lent last; `undefined` before the first lease. */
  plan: string | null | undefined;
  /** The record of the last lease, or a part of the one that was only looked at, which can be large. */
  subjects: Subjects | undefined;
  fallback: Fallback | undefined;
}

export class Leases {
  readonly #ask: AskAuthority;
  readonly #now: () => number;
  readonly #parts = new SharedParts();
  readonly #gateway: Gateway;
  readonly #plans: PlanTeller;
  readonly #desks: Desks<Account, Lease, Memory>;
  readonly #follower: Follower | undefined;
  readonly #looks: Flights<Lease | Refusal>;
  /** The number of the latest restore of D1. */
  #generation: number | undefined;

  /** `feed`: without it each key's authority is asked, once in a ttl. */
  constructor(ask: AskAuthority, gateway: Gateway, now: () => number, feed?: FeedSource) {
    this.#ask = ask;
    this.#gateway = gateway;
    this.#plans = new PlanTeller(gateway.plans);
    this.#now = now;
    this.#looks = new Flights(now);
    const clock = new WatchedClock(now);
    this.#follower = feed && new Follower(feed, gateway.leaseTtlMs, clock, (generation) => this.hear({ generation }));
    this.#desks = new Desks(
      {
        maxBytes: DESKS_BYTES,
        nameOf: ({ environment, keyId }) => authorityName(environment, keyId),
        secretOf: ({ hash }) => hash,
        remember: (): Memory => ({ plan: undefined, subjects: undefined, fallback: undefined }),
        ask: (account, question, memory) => this.#lease(account, question, memory),
        see: (now, waitUntil) => this.#follower?.see(now, waitUntil),
        chain: () => this.#follower?.chain,
        cover: ({ record, number, keepMs }, chain) =>
          keepMs === undefined || number === undefined ? undefined : chain.cover(record, number),
        bytesOf: ({ record }) => bytesOf(record),
        over: ({ rightAt }, memory) => {
          if (rightAt === undefined) memory.fallback = undefined;
          else memory.fallback?.extend(rightAt);
        },
      },
      gateway.leaseTtlMs,
      clock,
    );
  }

  /** Counts a request that waits for a token, for as long as `work` takes. */
  queue<T>(account: Account, work: () => Promise<T>): Promise<T> {
    return this.#desks.queue(account, work);
  }

  /** A lease in hand that can decide about a request now. */
  held(account: Account, waitUntil?: WaitUntil): Holding | undefined {
    return this.#desks.held(account, waitUntil);
  }

  /** A lease that can decide about the next request. Others can use it up before the caller gets it. */
  hold(account: Account, waitUntil: WaitUntil): Promise<Holding | Refusal> {
    return this.#desks.hold(account, waitUntil);
  }

  /** The key's record, no older than a lease, for those who want no token. */
  async look(account: Account, waitUntil: WaitUntil): Promise<KeyRecord | Refusal> {
    const now = this.#desks.readClock();
    const { holding } = this.#desks.of(account);
    return holding?.isLive(now) ? holding.lease.record : this.lookAnew(account, waitUntil);
  }

  /** The key's record as its authority has it now. */
  async lookAnew(account: Account, waitUntil: WaitUntil): Promise<KeyRecord | Refusal> {
    const { memory } = this.#desks.of(account);
    const name = authorityName(account.environment, account.keyId);
    const begin = () => this.#lease(account, { waiting: 0, wanted: 0, reports: [] }, memory);
    try {
      const lease = await within(this.#gateway.leaseTtlMs, this.#looks.join(name, begin, waitUntil, account.hash));
      return isRefusal(lease) ? lease : lease.record;
    } catch {
      return { code: "authority_unavailable" };
    }
  }

  /** For a route that continues while the authority cannot be reached; `undefined` if the key was not in use lately. */
  holdWithoutAuthority(account: Account): Holding | undefined {
    const now = this.#desks.readClock();
    const { memory, waiting } = this.#desks.of(account);
    return memory.fallback?.hold(now, waiting);
  }

  /**
   * For keys that were used lately, and perhaps are no longer: what is left of their leases goes back once they are over. If no request
   * has come for some seconds, that is also what is kept: the isolate is not in use, and others can be.
   */
  async giveBack(accounts: readonly Account[]): Promise<void> {
    const held = await this.giveBackNow(accounts);
    if (held.length === 0) return;
    await wait(this.#gateway.leaseTtlMs);
    const kept = await this.giveBackNow(held);
    if (kept.length === 0) return;
    // A ttl after the last word of the feed, at the earliest.
    await wait(Math.max(SECOND_MS, GIVES_BACK_MS - this.#gateway.leaseTtlMs));
    await this.giveBackNow(kept, true);
  }

  /** Of leases that are over; with `keepsNothing`, of those that are not live. Returns whose leases are left. */
  giveBackNow(accounts: readonly Account[], keepsNothing = false): Promise<readonly Account[]> {
    return this.#desks.giveBack(accounts, keepsNothing);
  }

  /** D1 was restored: authorities whose record is older read D1 again. */
  hear({ generation }: ReportAnswer): void {
    if (generation === undefined || generation <= (this.#generation ?? 0)) return;
    this.#generation = generation;
    this.#follower?.forget();
  }

  /** For a lease whose record lacks a secret that the key has: it is older than the secret. */
  drop(account: Account): void {
    const { environment, keyId, hash } = account;
    const { holding } = this.#desks.of(account);
    // Another request has seen to it meanwhile.
    if (holding && knowsSecret(holding.lease.record, hash)) return;
    this.#desks.drop(account);
    this.#looks.forget(authorityName(environment, keyId), hash);
  }

  async #lease(account: Account, question: TokenQuestion, memory: Memory): Promise<Lease | Refusal> {
    const askedAt = this.#now();
    const { environment, keyId, hash: secretHash } = account;
    const subjects = memory.subjects ? subjectsOf(memory.subjects) : [keySubject(environment, keyId)];
    const number = this.#follower?.chain?.newestOf(subjects);
    const asked = { environment, keyId, secretHash, generation: this.#generation, number, ...question };
    const answer = await this.#plans.ask(this.#ask, asked, memory.plan);
    if (answer.kind === "no_such_key") return { code: "key_unknown" };
    if (answer.kind === "plan_unknown") return { code: "plan_unknown", plan: answer.plan };
    const record = this.#parts.of(answer.lease.record, account);
    memory.plan = record.plan;
    const isForToken = question.waiting > 0 || question.wanted > 0;
    memory.subjects = isForToken ? record : subjectsIn(record);
    // A look or a report does not prolong the time for which a key works without its authority.
    if (isForToken) memory.fallback = this.#fallbackOn(record, askedAt, memory.fallback);
    return { ...answer.lease, record };
  }

  /** `undefined` if only the authority knows the key's limits. */
  #fallbackOn(record: KeyRecord, leasedAt: number, before: Fallback | undefined): Fallback | undefined {
    if (unknownPlanOf(record, this.#gateway) !== undefined) return undefined;
    return new Fallback(record, limitsOfKey(record, this.#gateway), leasedAt, before);
  }
}
