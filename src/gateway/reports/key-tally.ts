/** What an isolate has counted of one key since its report before. */

import type { Account } from "../../decide/principal.ts";
import { isAnswered, newAnswered, noteAnswer } from "../../domain/answers.ts";
import type { Entry } from "../../domain/log-line.ts";
import type { KeyUse } from "../../domain/report.ts";
import type { Code } from "../../errors.ts";

export interface Use {
  /** As configured; empty if there is none. */
  readonly route: string;
  readonly outcome: "forwarded" | Code;
  /** Of a forwarded request. */
  readonly scope: string | undefined;
  /** Of the key's record; `undefined` if it is not known. */
  readonly organizationId: string | undefined;
  /** Whether the key works, so that the request is a use of it. */
  readonly isUse: boolean;
  /** Its line in the log. */
  readonly entry: Entry;
}

/** Beside the names of its routes and scopes. */
const KEY_CHARACTERS = 150;
const COUNT_CHARACTERS = 85;
/** Routes of one key that a report distinguishes. */
const MAX_ROUTES = 500;

/** Of one route and outcome. */
interface Count {
  requests: number;
  answered: number[] | undefined;
}

export class KeyTally {
  /** As it was first used. */
  readonly account: Account;
  #organizationId: string | undefined;
  /** By route, then outcome. */
  readonly #counts = new Map<string, Map<string, Count>>();
  readonly #scopes = new Set<string>();
  /** `undefined` if the key was not used while it worked. */
  #usedAt: number | undefined;

  constructor(account: Account) {
    this.account = account;
  }

  count(use: Use, now: number): void {
    if (use.organizationId !== undefined) this.#organizationId = use.organizationId;
    const count = this.#countOf(use.route, use.outcome);
    count.requests += 1;
    if (isAnswered(use.entry)) {
      count.answered ??= newAnswered();
      noteAnswer(count.answered, use.entry);
    }
    if (use.scope !== undefined) this.#scopes.add(use.scope);
    if (use.isUse) this.#usedAt = now;
  }

  /** A use of the key that is not counted. */
  use(organizationId: string, now: number): void {
    this.#organizationId = organizationId;
    this.#usedAt = now;
  }

  /** About how many it takes in a report. */
  get characters(): number {
    let characters = KEY_CHARACTERS;
    for (const scope of this.#scopes) characters += scope.length;
    for (const [route, outcomes] of this.#counts) characters += outcomes.size * (COUNT_CHARACTERS + route.length);
    return characters;
  }

  report(now: number): KeyUse {
    const { keyId, environment } = this.account;
    const counts = [...this.#counts].flatMap(([route, outcomes]) =>
      [...outcomes].map(([outcome, count]) => ({ route, outcome, ...count })),
    );
    const usedMsAgo = this.#usedAt === undefined ? null : Math.max(0, now - this.#usedAt);
    const organizationId = this.#organizationId ?? null;
    return { keyId, environment, organizationId, counts, scopes: [...this.#scopes], usedMsAgo };
  }

  #countOf(route: string, outcome: string): Count {
    const outcomes = this.#counts.get(route);
    const known = outcomes?.get(outcome);
    if (known) return known;
    const counted = !outcomes && this.#counts.size >= MAX_ROUTES ? "" : route;
    const added = this.#counts.get(counted) ?? new Map<string, Count>();
    this.#counts.set(counted, added);
    const count = added.get(outcome) ?? { requests: 0, answered: undefined };
    added.set(outcome, count);
    return count;
  }
}
