/**
 * The authority's account: in its own storage, from which it is read once, and in memory. To read it for each question would take as
 * long as to answer, and make nothing safer: an object that was replaced begins no question, and what it can still lend is an advance.
 */

import type { TokenLease } from "../domain/lease.ts";
import type { Circumstances, Lending } from "../domain/lend.ts";
import { Lender } from "../domain/lender.ts";
import type { Account } from "./account.ts";

export class AccountKeeper {
  readonly #storage: SyncKvStorage;
  readonly #lender = new Lender();
  #stored: Account | undefined;

  constructor(storage: SyncKvStorage) {
    this.#storage = storage;
  }

  /** As it is, which can be ahead of what is stored. */
  get kept(): Account {
    this.#stored ??= this.#storage.get<Account>("account") ?? {};
    return { ...this.#stored, ledger: this.#lender.ledger(this.#stored.ledger) };
  }

  /** For a question that is answered now. */
  circumstances(now: number): Pick<Circumstances, "flooded" | "turn" | "lent"> {
    return this.#lender.circumstances(now);
  }

  /** What has to be stored is stored before the answer: the reply waits for the write. */
  book(account: Account, lending: Lending<TokenLease>): void {
    const ledger = this.#lender.book(lending);
    if (ledger) this.#store({ ...account, ledger });
  }

  /** Of a change that comes from no question. */
  put(account: Account): void {
    this.#store(account);
    this.#lender.forget();
  }

  /** Once the storage was deleted. */
  forget(): void {
    this.#lender.forget();
    this.#stored = undefined;
  }

  #store(account: Account): void {
    try {
      this.#storage.put("account", account);
    } catch (error) {
      // It would lend from an advance that is not stored.
      this.forget();
      throw error;
    }
    this.#stored = account;
  }
}
