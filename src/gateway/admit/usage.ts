/**
 * What an isolate counts of each key's use until the key's authority knows. Counts are sent with the next question; if none follows, a separate report sends them. If an isolate stops, its unsent counts are
 * lost.
 */

import type { Account } from "../../decide/principal.ts";
import type { Answer, Question } from "../../domain/lease.ts";
import type { UsageReport } from "../../domain/usage.ts";
import type { Code } from "../../errors.ts";
import type { WaitUntil } from "./flights.ts";
import { Generations } from "./generations.ts";

export interface Use {
  /** As configured; empty if there is none. */
  readonly route: string;
  readonly outcome: "forwarded" | Code;
  /** Of a forwarded request. */
  readonly scope: string | undefined;
}

/** How long a count waits for a question that can carry it. */
export const REPORT_AFTER_MS = 10_000;
/** The share of that time in which keys join one round of reports, which takes one timer. */
const JOINING_SHARE = 1 / 10;
/** A Worker can make 1,000 calls for each request, and one request makes the calls of a round. */
const ROUND_SIZE = 400;
/** How many keys' counts one isolate holds, at most twice as many. */
const COUNTED_KEYS = 8_000;

interface Counted {
  account: Account;
  /** By route, then outcome. */
  readonly requests: Map<string, Map<string, number>>;
  readonly scopes: Set<string>;
  /** Sent, and perhaps not received. */
  sent: UsageReport | undefined;
  /** The round of reports that it is due in, unless a question comes first. */
  round: Round | undefined;
}

interface Round {
  readonly begunAt: number;
  readonly members: Set<Counted>;
}

type Ask = (question: Question) => Promise<Answer>;

export class UsageCounter {
  readonly #keys = new Generations<string, Counted>(COUNTED_KEYS);
  readonly #report: (account: Account) => Promise<void>;
  readonly #now: () => number;
  readonly #reportAfterMs: number;
  #round: Round | undefined;

  /** `report`: asks a question without waiting for its answer. */
  constructor(report: (account: Account) => Promise<void>, now: () => number, reportAfterMs = REPORT_AFTER_MS) {
    this.#report = report;
    this.#now = now;
    this.#reportAfterMs = reportAfterMs;
  }

  count(account: Account, { route, outcome, scope }: Use, waitUntil: WaitUntil): void {
    const counted = this.#keys.get(account.keyId) ?? this.#begin(account);
    counted.account = account;
    const outcomes = counted.requests.get(route);
    if (outcomes) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    else counted.requests.set(route, new Map([[outcome, 1]]));
    if (scope !== undefined) counted.scopes.add(scope);
    if (!counted.round) this.#join(counted, waitUntil);
  }

  /** `ask`, with every question telling what was counted. */
  carriedBy(ask: Ask): Ask {
    return async (question) => {
      const counted = this.#keys.get(question.keyId);
      const usage = counted && take(counted);
      if (!usage) return ask(question);
      const answer = await ask({ ...question, usage });
      if (counted.sent === usage) counted.sent = undefined;
      return answer;
    };
  }

  #begin(account: Account): Counted {
    const counted = { account, requests: new Map(), scopes: new Set<string>(), sent: undefined, round: undefined };
    this.#keys.set(account.keyId, counted);
    return counted;
  }

  #join(counted: Counted, waitUntil: WaitUntil): void {
    const now = this.#now();
    const age = now - (this.#round?.begunAt ?? Number.NEGATIVE_INFINITY);
    const isOpen = age >= 0 && age < this.#reportAfterMs * JOINING_SHARE;
    if (!this.#round || !isOpen || this.#round.members.size >= ROUND_SIZE) {
      this.#round = { begunAt: now, members: new Set() };
      waitUntil(this.#run(this.#round));
    }
    this.#round.members.add(counted);
    counted.round = this.#round;
  }

  /** Keys that were asked about since they joined are in a later round, if any. */
  async #run(round: Round): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, this.#reportAfterMs));
    if (this.#round === round) this.#round = undefined;
    const due = [...round.members].filter((counted) => counted.round === round);
    await Promise.allSettled(due.map((counted) => this.#tell(counted)));
    // What could not be sent goes with a later question, or with a later round.
    for (const counted of due) if (counted.round === round) counted.round = undefined;
  }

  /** Twice if an earlier report was sent that perhaps did not arrive. */
  async #tell(counted: Counted): Promise<void> {
    const { round } = counted;
    await this.#report(counted.account);
    if (counted.round === round) await this.#report(counted.account);
  }
}

/** What to report next. A report that perhaps did not arrive comes first, with the same id. */
function take(counted: Counted): UsageReport | undefined {
  if (counted.sent) return counted.sent;
  counted.round = undefined;
  if (counted.requests.size === 0) return undefined;
  counted.sent = {
    id: crypto.randomUUID(),
    counts: [...counted.requests].flatMap(([route, outcomes]) =>
      [...outcomes].map(([outcome, requests]) => ({ route, outcome, requests })),
    ),
    scopes: [...counted.scopes],
  };
  counted.requests.clear();
  counted.scopes.clear();
  return counted.sent;
}
