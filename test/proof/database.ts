/** D1 as far as one key is concerned: its record, the numbers of changes, and who was not told of one. */

import type { ChangeRow } from "../../src/domain/feed.ts";
import type { KeyRecord } from "../../src/domain/key.ts";
import type { NumberedRecord } from "../../src/store/key-records.ts";
import { KEY_ID } from "./gateway.ts";

type Subject = Pick<ChangeRow, "kind" | "environment" | "subject">;

/** What a restore brings back. */
export interface Snapshot {
  readonly record: KeyRecord;
  readonly rows: readonly ChangeRow[];
}

export class Database {
  record: KeyRecord;
  rows: readonly ChangeRow[];
  /** The changes that the key's authority may not have heard of. */
  readonly outbox = new Set<object>();
  #marks = 0;

  constructor(record: KeyRecord) {
    this.record = record;
    this.rows = [this.#row(1, { kind: "restored", environment: null, subject: "" })];
  }

  get newest(): ChangeRow {
    return this.rows.at(-1) as ChangeRow;
  }

  get snapshot(): Snapshot {
    return { record: this.record, rows: this.rows };
  }

  restore({ record, rows }: Snapshot): void {
    this.record = record;
    this.rows = rows;
    this.outbox.clear();
  }

  /** Returns its number. */
  change(record: KeyRecord, of: "key" | "member"): number {
    this.record = record;
    return this.#append(
      of === "key"
        ? { kind: "api_key", environment: record.environment, subject: KEY_ID }
        : { kind: "member", environment: null, subject: record.member?.id ?? "" },
    );
  }

  changeOthers(count: number): void {
    const { number } = this.newest;
    const others = Array.from({ length: count }, (_, index) =>
      this.#row(number + 1 + index, { kind: "api_key", environment: "production", subject: `other ${index}` }),
    );
    this.rows = [...this.rows, ...others];
  }

  /** As src/store/record-changes.ts does. */
  markRestore(seen: number): ChangeRow {
    const number = Math.max(seen, this.newest.number) + 1_000_000;
    const row = this.#row(number, { kind: "restored", environment: null, subject: "" });
    this.rows = [...this.rows, row];
    return row;
  }

  remove(upTo: number): void {
    this.rows = this.rows.filter(({ number }) => number > upTo);
  }

  read(): NumberedRecord {
    return { record: this.record, number: this.newest.number };
  }

  #append(subject: Subject): number {
    const row = this.#row(this.newest.number + 1, subject);
    this.rows = [...this.rows, row];
    return row.number;
  }

  #row(number: number, subject: Subject): ChangeRow {
    this.#marks += 1;
    return { number, mark: `mark ${this.#marks}`, ...subject };
  }
}
