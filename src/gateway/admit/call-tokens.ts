/** Tokens for calls that several accounts must agree to: each gives one, or none does. */

import { wait, within } from "../../deadline.ts";
import type { Account, Taken } from "../../domain/call-account.ts";
import { Generations } from "../../domain/generations.ts";
import type { Holding } from "../../domain/holding.ts";
import type { AccountQuestion, TokenLease } from "../../domain/lease.ts";
import { isRefusal } from "../../errors.ts";
import { DESK_BYTES } from "./desk.ts";
import { Desks } from "./desks.ts";
import type { WaitUntil } from "./flights.ts";
import { WatchedClock } from "./watched-clock.ts";

/** Groups of accounts. A call needs the tokens of one group. */
export type Alternatives = readonly (readonly Account[])[];
export type AskAccount = (name: string, question: AccountQuestion) => Promise<TokenLease>;

/** How long a call tries for a token while others take those that its leases bring. */
const PATIENCE_MS = 5_000;
/** How many credentials one isolate remembers, at most twice as many. */
const SEEN = 2_000;
/** A call asks the accounts of its credential and of the organization, and perhaps one more. */
const CALLERS_BYTES = 3 * SEEN * DESK_BYTES;

export class CallTokens {
  readonly #desks: Desks<Account, TokenLease>;
  /** By credential: what was asked for its last call. */
  readonly #seen = new Generations<string, Alternatives>(SEEN);
  /** Leases whose end a caller waits for. */
  readonly #watched = new WeakSet<Holding<TokenLease>>();
  readonly #ttlMs: number;
  readonly #now: () => number;

  constructor(ask: AskAccount, ttlMs: number, now: () => number) {
    this.#desks = new Desks(
      {
        maxBytes: CALLERS_BYTES,
        nameOf: ({ name }) => name,
        remember: () => undefined,
        ask: ({ name, limits }, question) => ask(name, { ...question, limits }),
      },
      ttlMs,
      new WatchedClock(now),
    );
    this.#ttlMs = ttlMs;
    this.#now = now;
  }

  /** For a credential that was seen before: whether memory alone refuses its next call. */
  deniedBefore(credential: string): Taken | undefined {
    const denials = this.#seen.get(credential)?.map((accounts) => this.#deniedNow(accounts));
    return denials?.every((denial) => denial !== undefined) ? soonest(denials) : undefined;
  }

  /** From the first alternative that has tokens; else the denial that ends first. */
  async take(credential: string, alternatives: Alternatives, waitUntil: WaitUntil): Promise<Taken> {
    this.#seen.set(credential, alternatives);
    const denials: Taken[] = [];
    for (const accounts of alternatives) {
      const taken = this.#deniedNow(accounts) ?? (await this.#takeAll(accounts, waitUntil));
      if (taken.kind !== "denied") return taken;
      denials.push(taken);
    }
    return soonest(denials);
  }

  #deniedNow(accounts: readonly Account[]): Taken | undefined {
    return denialOf(
      accounts.flatMap((account) => this.#desks.held(account) ?? []),
      this.#desks.readClock(),
    );
  }

  #takeAll(accounts: readonly Account[], waitUntil: WaitUntil): Promise<Taken> {
    const wait = accounts.reduce(
      (work, account) => () => this.#desks.queue(account, work),
      () => this.#wait(accounts, waitUntil),
    );
    return wait();
  }

  async #wait(accounts: readonly Account[], waitUntil: WaitUntil): Promise<Taken> {
    const giveUpAt = this.#now() + PATIENCE_MS;
    for (;;) {
      const holdings = await this.#holdAll(accounts, waitUntil);
      if (!holdings) return { kind: "unavailable" };
      // Nothing is awaited between this look at the leases and the end of their tokens.
      const now = this.#desks.readClock();
      const denied = denialOf(holdings, now);
      if (denied) {
        // Before the caller hears of it: what it could not use is not kept from others any longer.
        await Promise.all(accounts.map((account, at) => this.#giveBack(account, holdings[at])));
        return denied;
      }
      if (holdings.every((holding) => holding.isLive(now) && holding.left > 0)) {
        for (const holding of holdings) holding.spend(now);
        return { kind: "taken", policies: holdings.flatMap(({ policies }) => policies) };
      }
      if (now > giveUpAt) return { kind: "unavailable" };
    }
  }

  /**
   * One after the other: a flood by one key borrows no more of its organization's tokens than it can use.
   * `undefined` if one of the accounts cannot be asked.
   */
  async #holdAll(accounts: readonly Account[], waitUntil: WaitUntil): Promise<Holding<TokenLease>[] | undefined> {
    const holdings: Holding<TokenLease>[] = [];
    let atMost = Number.POSITIVE_INFINITY;
    for (const account of accounts) {
      const holding = await this.#hold(account, waitUntil, atMost);
      if (!holding) return undefined;
      holdings.push(holding);
      // After a denial the next one is asked for a token too, since its denial can be the longer one.
      atMost = Math.min(atMost, Math.max(1, holding.left));
    }
    return holdings;
  }

  async #hold(account: Account, waitUntil: WaitUntil, atMost: number): Promise<Holding<TokenLease> | undefined> {
    const holding = await this.#desks.hold(account, waitUntil, atMost);
    if (isRefusal(holding)) return undefined;
    if (!this.#watched.has(holding)) {
      this.#watched.add(holding);
      waitUntil(this.#giveBackAtEnd(account, holding));
    }
    return holding;
  }

  /** What one account gave goes back at once if another refuses. */
  async #giveBack(account: Account, holding: Holding<TokenLease> | undefined): Promise<void> {
    if (!holding || holding.left === 0) return;
    this.#desks.drop(account);
    await within(this.#ttlMs, this.#desks.report(account)).catch(() => undefined);
  }

  /** What is left of a lease at its end goes back, even if no other question follows. */
  async #giveBackAtEnd(account: Account, holding: Holding<TokenLease>): Promise<void> {
    await wait(this.#ttlMs);
    if (holding.left > 0) await this.#desks.report(account).catch(() => undefined);
  }
}

/** The longest of their denials. */
function denialOf(holdings: readonly Holding<TokenLease>[], now: number): Taken | undefined {
  const denials = holdings.filter((holding) => holding.isLive(now)).flatMap((holding) => holding.denial(now) ?? []);
  const [longest] = denials.sort((one, other) => other.retryAfterMs - one.retryAfterMs);
  if (!longest) return undefined;
  const { policy, retryAfterMs } = longest;
  return { kind: "denied", policy, retryAfterMs, policies: holdings.flatMap(({ policies }) => policies) };
}

function soonest(denials: readonly Taken[]): Taken {
  const waitOf = (taken: Taken) => (taken.kind === "denied" ? taken.retryAfterMs : 0);
  return denials.toSorted((one, other) => waitOf(one) - waitOf(other))[0] ?? { kind: "unavailable" };
}
