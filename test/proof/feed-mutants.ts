/** Faults of the feed, and of leases that are kept, that the proof must notice. */

import type { Mutant } from "./mutants.ts";

const FEED = "src/authority/feed.ts";
const LOG = "src/domain/feed.ts";
const CHAIN = "src/domain/feed-chain.ts";
const RECORDS = "src/authority/record-keeper.ts";
const CHANGES = "src/domain/record-changes.ts";
const FOLLOWER = "src/gateway/admit/follower.ts";
const DESKS = "src/gateway/admit/desks.ts";
const LEND = "src/domain/lend.ts";
const KEEP = "src/domain/keep.ts";

export const FEED_MUTANTS: readonly Mutant[] = [
  {
    fault: "a feed does not notice that D1 no longer has its last row",
    edits: [
      { file: LOG, find: "!first || this.#indexOf(first) === undefined", put: "!first" },
      { file: LOG, find: "row?.number === number && row.mark === mark ? index : undefined", put: "index" },
    ],
  },
  {
    fault: "an isolate takes no notice of a gap in the feed",
    edits: [
      { file: CHAIN, find: "after !== this.#position.number || generation", put: "generation" },
      {
        file: LOG,
        find: "changes: newestOf(this.#rows.slice(index + 1)) }",
        put: "changes: newestOf(this.#rows.slice(index + 2)) }",
      },
    ],
  },
  {
    fault: "freshness is counted from the answer",
    edits: [{ file: FOLLOWER, find: "askedAt - answer.ageMs", put: "this.#readClock()" }],
  },
  {
    fault: "a look at D1 is for those who ask after it too, for as long as the feed's clock calls it recent",
    edits: [
      {
        file: FEED,
        find: "this.#next ??= this.#lookNext();",
        put: "if (!isRecent(this.#begunAt, READ_CHANGES_EVERY_MS, this.#contacts.now())) this.#next = this.#lookNext();",
      },
      { file: FEED, find: "    this.#next = undefined;\n", put: "" },
    ],
  },
  {
    fault: "who begins hears nothing of the changes that the authority does not know",
    edits: [{ file: LOG, find: "[...this.#pending, ...newestOf(untold)]", put: "[]" }],
  },
  {
    fault: "who begins hears nothing of the outbox",
    edits: [{ file: LOG, find: "[...this.#pending, ...newestOf(untold)]", put: "newestOf(untold)" }],
  },
  {
    fault: "a record that was asked for before the isolate began counts as followed",
    edits: [
      {
        file: DESKS,
        find: "const cover = isOver ? undefined : chain && this.#owners.cover?.(lease, chain);",
        put: "const late = this.#owners.chain?.(); const cover = isOver ? undefined : late && this.#owners.cover?.(lease, late);",
      },
      { file: DESKS, find: "const keeps = chain && (desk", put: "const keeps = (desk" },
    ],
  },
  {
    fault: "a record counts as right though a newer change is known",
    edits: [{ file: CHAIN, find: "number < this.newestOf(subjectsOf(record)) ? undefined : new", put: "new" }],
  },
  {
    fault: "a lease that is held does not end with its change",
    edits: [{ file: CHAIN, find: "    if (heard !== this.#heard) {", put: "    if (heard < 0) {" }],
  },
  {
    fault: "only changes of the key itself end its leases",
    edits: [
      { file: LOG, find: 'if (kind === "member" || kind === "organization") newest', put: "if (number < 0) newest" },
    ],
  },
  {
    fault: "a record counts as right though its number is beyond the position, as after a restore",
    edits: [{ file: CHAIN, find: " || number > this.#position.number", put: "" }],
  },
  {
    fault: "an authority lends a record that is older than the change that it was told of",
    edits: [{ file: RECORDS, find: "(this.#kept.number ?? 0) < number &&", put: "number < 0 &&" }],
  },
  {
    fault: "what the feed said is fresh after a step back of the clock",
    edits: [
      { file: FOLLOWER, find: "if (this.#stepsBack !== this.#clock.stepsBack) this.forget();", put: "" },
      { file: CHAIN, find: "return age >= 0 && age <", put: "return age <" },
    ],
  },
  {
    fault: "the reconciler says that the keys of a member were told when they were not",
    edits: [
      {
        file: CHANGES,
        find: "holders.reduce((least, number) => Math.min(least, number - 1), done)",
        put: "done + 0 * holders.length",
      },
    ],
  },
  {
    fault: "the reconciler deletes rows before their authorities were told",
    edits: [
      { file: CHANGES, find: "Math.min(told, newest - KEPT_CHANGES)", put: "newest - 1 + 0 * told" },
      { file: LOG, find: " || first.number > told.number + 1", put: "" },
    ],
  },
  {
    fault: "the authority gives kept tokens up before a slow clock does",
    edits: [{ file: KEEP, find: "Math.ceil(keepMs * (1 + 2 * MAX_DRIFT))", put: "keepMs" }],
  },
  {
    fault: "kept tokens are given up when the record changes, and not a ttl later",
    edits: [{ file: LEND, find: "ledger.endKept(ttlMs, now);", put: "ledger.endKept(-500, now);" }],
  },
];
