/** Faults that the proof must notice, each as a change of the product's text. */

interface Edit {
  readonly file: string;
  readonly find: string;
  readonly put: string;
}

export interface Mutant {
  readonly fault: string;
  readonly edits: readonly Edit[];
}

const LEDGER = "src/domain/ledger.ts";
const JOURNAL = "src/domain/journal.ts";
const ACCOUNTS = "src/domain/accounts.ts";
const OPEN_LEASE = "src/domain/open-lease.ts";
const COUNTS = "src/domain/counts.ts";
const ADVANCE = "src/domain/advance.ts";
const HELD = "src/domain/held.ts";
const HOLDING = "src/domain/holding.ts";
const LEND = "src/domain/lend.ts";
const LEASES = "src/gateway/admit/desks.ts";
const CLOCK = "src/gateway/admit/watched-clock.ts";

/** Stores what a refused question leaves, too: otherwise a fault in it seldom does harm. */
const STORED: Edit = {
  file: LEND,
  find: "tokens > 0 || isChanged || grant.renewed ? grant.ledger.state : undefined",
  put: "grant.ledger.state",
};

export const MUTANTS: readonly Mutant[] = [
  {
    fault: "the refill's cap ignores what is outstanding: tokens count as gone from the grant on",
    edits: [
      { file: OPEN_LEASE, find: "({ tokens, at: endsAt })", put: "({ tokens, at: endsAt - 2_500 })" },
      {
        file: LEDGER,
        find: "clamp(lastSpent, lease.grantedAt, lease.endsAt)",
        put: "lease.grantedAt",
      },
    ],
  },
  {
    fault: "the authority gives a lease up before the isolate does",
    edits: [{ file: LEDGER, find: "= this.#clock + ttlMs + LEASE_MARGIN_MS", put: "= this.#clock + ttlMs - 100" }],
  },
  {
    fault: "the authority gives a lease up just when a right clock does",
    edits: [{ file: LEDGER, find: "= this.#clock + ttlMs + LEASE_MARGIN_MS", put: "= this.#clock + ttlMs" }],
  },
  {
    fault: "the ttl is counted from the reply",
    edits: [{ file: LEASES, find: ": askedAt, receivedAt, 0, cover)", put: ": receivedAt, receivedAt, 0, cover)" }],
  },
  {
    fault: "a reply that comes after the ttl is accepted",
    edits: [
      {
        file: LEASES,
        find: ": askedAt, receivedAt, 0, cover)",
        put: ": Math.max(askedAt, receivedAt - lease.ttlMs + 50), receivedAt, 0, cover)",
      },
    ],
  },
  {
    fault: "the tokens of a lease that ends unreported come back by themselves",
    edits: [{ file: OPEN_LEASE, find: "({ tokens, at: endsAt })", put: "({ tokens: 0, at: endsAt })" }],
  },
  {
    fault: "a lease outlives the border of a quota",
    edits: [{ file: LEND, find: ", untilBorder(limits, now)", put: "" }],
  },
  {
    fault: "a lease of a slow clock outlives the border of a quota",
    edits: [{ file: LEND, find: " * (1 - MAX_DRIFT)) - 1", put: ")" }],
  },
  {
    fault: "a late report counts as often as it comes",
    edits: [
      {
        file: LEDGER,
        find: "if (!lease) return false;",
        put: `if (!lease) {
      this.#accounts = mapAccounts(this.#accounts, (journal) => enter(journal, { tokens: -unspent, at: this.#clock }));
      this.#counts = spend(this.#counts, -unspent, this.#clock, this.#clock);
      return true;
    }`,
      },
    ],
  },
  {
    fault: "what was spent before the journal's beginning is forgotten",
    edits: [
      { file: JOURNAL, find: "at: Math.max(at, journal.bucket.at)", put: "at" },
      {
        file: JOURNAL,
        find: "[...charges, ...presumed.filter(({ at }) => at >= begin)]",
        put: "[...charges, ...presumed].filter(({ at }) => at >= begin)",
      },
      {
        file: LEDGER,
        find: "shorten(journal, this.#presumed(journal.rate), firstGrant(this.#open, this.#clock), heldSince)",
        put: "shorten(journal, this.#presumed(journal.rate), this.#clock, heldSince)",
      },
    ],
  },
  {
    fault: "charges that a journal no longer holds are in no bucket",
    edits: [{ file: JOURNAL, find: "replay(journal, presumed, at - 1)", put: "journal.bucket" }],
  },
  {
    fault: "a lease that is given up is charged to no journal",
    edits: [
      {
        file: LEDGER,
        find: "lease.endsAt < journal.bucket.at ? journal",
        put: "lease.endsAt <= this.#clock ? journal",
      },
    ],
  },
  {
    fault: "a clock that steps back goes unnoticed",
    edits: [{ file: CLOCK, find: "if (now < this.#latest)", put: "if (now < 0)" }],
  },
  {
    fault: "a clock that steps back while an answer is on its way goes unnoticed",
    edits: [{ file: LEASES, find: "isOver ? Number.NEGATIVE_INFINITY : askedAt", put: "askedAt" }],
  },
  {
    fault: "a renewal keeps the tokens of both leases",
    edits: [{ file: LEASES, find: "lease.renewed ? old.spent - spent : 0", put: "lease.renewed ? -old.left : 0" }],
  },
  {
    fault: "a renewal leaves what was spent meanwhile in the next lease",
    edits: [{ file: LEASES, find: "lease.renewed ? old.spent - spent : 0", put: "0" }],
  },
  {
    fault: "a renewal's ttl is counted from the reply",
    edits: [
      {
        file: LEASES,
        find: "new Holding(lease, askedAt, receivedAt, spentMeanwhile",
        put: "new Holding(lease, receivedAt, receivedAt, spentMeanwhile",
      },
    ],
  },
  {
    fault: "a renewal gives back at once what is left of the lease, though it can be spent until the answer",
    edits: [{ file: LEND, find: "const left = renewed ? (renews?.unspent ?? 0) : 0;", put: "const left = 0;" }],
  },
  {
    fault: "of two limits, one is enough",
    edits: [{ file: LEDGER, find: "Math.min(...rates, ...quotas)", put: "Math.max(...rates, ...quotas)" }],
  },
  {
    fault: "what one limit refuses is taken from the others",
    edits: [
      {
        file: LEDGER,
        find: "    return Math.max(0, Math.min(...rates, ...quotas));",
        put: `    if (Math.min(...rates) <= 0) this.#counts = spend(this.#counts, 1, this.#clock, this.#clock);
    return Math.max(0, Math.min(...rates, ...quotas));`,
      },
      STORED,
    ],
  },
  {
    fault: "a denied request spends",
    edits: [
      {
        file: LEND,
        find: "tokens > 0 ? from.grant(id, tokens, lifeMs, now, keeping !== undefined) : now",
        put: "from.grant(id, Math.max(1, tokens), lifeMs, now, keeping !== undefined)",
      },
      STORED,
    ],
  },
  {
    fault: "a grant is stored only if its question brings a report",
    edits: [{ file: LEND, find: "tokens > 0 || isChanged", put: "isChanged" }],
  },
  {
    fault: "where its clock steps back, the ledger stands still until that has caught up",
    edits: [
      { file: LEDGER, find: "if (now < this.#clock) this.#stepBack(now);", put: "if (now < this.#clock) return;" },
    ],
  },
  {
    fault: "a step back of the authority's clock gives tokens back",
    edits: [{ file: JOURNAL, find: "at: bucket.at - by }", put: "at: bucket.at - 2 * by }" }],
  },
  {
    fault: "a lease that is out ends sooner for a step back of the authority's clock",
    edits: [
      { file: OPEN_LEASE, find: "const endsAt = lease.endsAt - by;", put: "const endsAt = lease.endsAt - 2 * by;" },
    ],
  },
  {
    fault: "a lease that is out ends later for a step back of the authority's clock",
    edits: [{ file: OPEN_LEASE, find: "const endsAt = lease.endsAt - by;", put: "const endsAt = lease.endsAt;" }],
  },
  {
    fault: "a quota's period that the clock steps back into is whole again",
    edits: [{ file: COUNTS, find: "const KEPT_PERIODS = 4;", put: "const KEPT_PERIODS = 1;" }],
  },
  {
    fault: "what was spent in a later period does not count where the clock came back from it",
    edits: [{ file: COUNTS, find: "count.start < start ? added(count, tokens) : count", put: "count" }],
  },
  {
    fault: "what was spent in a later period does not count in one that the clock was never in before",
    edits: [{ file: COUNTS, find: "used: Math.max(0, ...later)", put: "used: 0" }],
  },
  {
    fault: "a rate that only another version of the configuration names begins full",
    edits: [{ file: ACCOUNTS, find: "return first\n", put: "return first && begin < 0\n" }],
  },
  {
    fault: "a rate that is new begins as full as the account nearest to it, however much greater its burst",
    edits: [{ file: ACCOUNTS, find: "Math.min(rate.burst - spent, rate.burst, ...bounds)", put: "rate.burst" }],
  },
  {
    fault: "the account of a rate that nobody names now is dropped",
    edits: [{ file: ACCOUNTS, find: "needed.slice(0, MAX_KEPT)", put: "[]" }],
  },
  {
    fault: "an account that is whole is dropped while a lease is out that will be charged to it",
    edits: [{ file: ACCOUNTS, find: "isLent || waitOf(journal) > 0", put: "waitOf(journal) > 0" }, STORED],
  },
  {
    fault: "tokens are charged to the rates alone that are named now",
    edits: [{ file: ACCOUNTS, find: "kept: kept.map(map)", put: "kept" }],
  },
  {
    fault: "what is stored does not allow for the advance",
    edits: [{ file: ADVANCE, find: "[...state.open, next].sort(byEnd)", put: "state.open" }],
  },
  {
    fault: "an advance is never used up",
    edits: [{ file: ADVANCE, find: "advance.tokens - needs.tokens", put: "advance.tokens" }],
  },
  {
    fault: "a lease from an advance outlives it",
    edits: [
      { file: ADVANCE, find: " && needs.endsAt <= advance.endsAt", put: "" },
      { file: ADVANCE, find: "ADVANCED_MS = 5 * MINUTE_MS", put: "ADVANCED_MS = 100" },
    ],
  },
  {
    fault: "an isolate asks before its turn, and refuses a client that waited as it was told",
    edits: [
      {
        file: HOLDING,
        find: "this.#receivedAt + denial.retryAfterMs - now",
        put: "this.#askedAt + denial.retryAfterMs / 2 - now",
      },
    ],
  },
  {
    fault: "a request does not wait for the answer to its isolate's turn",
    edits: [
      {
        file: "src/gateway/admit/desk.ts",
        find: "of.lease.denial ? ttlMs : Math.min(",
        put: "of.lease.denial ? RENEWAL_PATIENCE_MS : Math.min(ttlMs / 10, ",
      },
    ],
  },
  {
    fault: "kept tokens are not held",
    edits: [{ file: HELD, find: "Math.max(0, kept - keptAtMost(burst))", put: "kept" }],
  },
  {
    fault: "a lower rate is not charged for what its isolates keep for a short time, while much is kept of a wider one",
    edits: [{ file: HELD, find: " && !isKeptShortly(lease)", put: "" }],
  },
];
