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
const LEND = "src/domain/lend.ts";
const LEASES = "src/gateway/lease.ts";

export const MUTANTS: readonly Mutant[] = [
  {
    fault: "the refill's cap ignores what is outstanding: tokens count as gone from the grant on",
    edits: [
      {
        file: LEDGER,
        find: "({ tokens, at: endsAt })",
        put: "({ tokens, at: endsAt - 2_500 })",
      },
      {
        file: LEDGER,
        find: "clamp(lastSpent, lease.grantedAt, lease.endsAt)",
        put: "lease.grantedAt",
      },
    ],
  },
  {
    fault: "the authority gives a lease up before the isolate does",
    edits: [
      { file: LEDGER, find: "endsAt: this.#clock + ttlMs + LEASE_MARGIN_MS", put: "endsAt: this.#clock + ttlMs - 100" },
    ],
  },
  {
    fault: "the authority gives a lease up just when a right clock does",
    edits: [
      { file: LEDGER, find: "endsAt: this.#clock + ttlMs + LEASE_MARGIN_MS", put: "endsAt: this.#clock + ttlMs" },
    ],
  },
  {
    fault: "the ttl is counted from the reply",
    edits: [{ file: LEASES, find: ": askedAt, receivedAt)", put: ": receivedAt, receivedAt)" }],
  },
  {
    fault: "a reply that comes after the ttl is accepted",
    edits: [
      {
        file: LEASES,
        find: ": askedAt, receivedAt)",
        put: ": Math.max(askedAt, receivedAt - lease.ttlMs + 50), receivedAt)",
      },
    ],
  },
  {
    fault: "the tokens of a lease that ends unreported come back by themselves",
    edits: [{ file: LEDGER, find: "({ tokens, at: endsAt })", put: "({ tokens: 0, at: endsAt })" }],
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
        find: "if (!lease) return;",
        put: `if (!lease) {
      this.#rates = mapValues(this.#rates, (journal) => enter(journal, { tokens: -unspent, at: this.#clock }));
      for (const quota of this.#limits.quotas) this.#use(quota, -unspent, this.#clock);
      return;
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
        find: "shorten(journal, this.#presumed(), known, heldSince)",
        put: "shorten(journal, this.#presumed(), this.#clock, heldSince)",
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
    edits: [{ file: LEASES, find: "if (now < this.#latest) {", put: "if (now < 0) {" }],
  },
  {
    fault: "a clock that steps back while an answer is on its way goes unnoticed",
    edits: [{ file: LEASES, find: "isOver ? Number.NEGATIVE_INFINITY : askedAt", put: "askedAt" }],
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
        put: `    if (Math.min(...rates, ...quotas) <= 0) {
      for (const [index, quota] of this.#limits.quotas.entries()) {
        if ((quotas[index] as number) > 0) this.#use(quota, 1, this.#clock);
      }
    }
    return Math.max(0, Math.min(...rates, ...quotas));`,
      },
    ],
  },
  {
    fault: "a denied request spends",
    edits: [
      {
        file: LEND,
        find: "if (tokens > 0) ledger.grant(id, tokens, ttlMs, now);",
        put: "ledger.grant(id, Math.max(1, tokens), ttlMs, now);",
      },
    ],
  },
];
