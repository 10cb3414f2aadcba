/** What an authority knows while it runs, beside the account that it has stored. Pure: time is an argument. */

import { type Advance, settle } from "./advance.ts";
import { isRecent } from "./age.ts";
import { SECOND_MS } from "./durations.ts";
import type { TokenLease } from "./lease.ts";
import type { LedgerState } from "./ledger-state.ts";
import { type Circumstances, FLOOD_PER_SECOND, type Lending } from "./lend.ts";

export class Lender {
  /** The account as it is, once it was changed here. What is stored can have fewer tokens. */
  #ledger: LedgerState | undefined;
  #advance: Advance | undefined;
  #turn: number | undefined;
  #lent = 0;
  #second = { startedAt: Number.NEGATIVE_INFINITY, questions: 0 };

  ledger(stored: LedgerState | undefined): LedgerState | undefined {
    return this.#ledger ?? stored;
  }

  /** For a question that is answered now. */
  circumstances(now: number): Pick<Circumstances, "flooded" | "turn" | "lent"> {
    return { flooded: this.#countQuestion(now) > FLOOD_PER_SECOND, turn: this.#turn, lent: this.#lent };
  }

  /** Returns what must be stored before the answer; `undefined` if what is stored allows for it. */
  book(lending: Lending<TokenLease>): LedgerState | undefined {
    const { stored, advance } = settle(lending, this.#advance);
    this.#ledger = lending.state ?? this.#ledger;
    this.#advance = advance;
    this.#turn = lending.turn ?? this.#turn;
    this.#lent += lending.lease.tokens ?? 0;
    return stored;
  }

  /** From now on, the account is what is stored. */
  forget(): void {
    this.#ledger = undefined;
    this.#advance = undefined;
  }

  #countQuestion(now: number): number {
    if (!isRecent(this.#second.startedAt, SECOND_MS, now)) this.#second = { startedAt: now, questions: 0 };
    this.#second.questions += 1;
    return this.#second.questions;
  }
}
