/** What an object stores by the UTC hour: some blocks of JSON for each, a row each, which are deleted when the hour is old. */

import { HOUR_MS } from "../domain/durations.ts";

/** A row can have 2 MB. https://developers.cloudflare.com/durable-objects/platform/limits/ */
export const BLOCK_BYTES = 1_000_000;

/** How many blocks each hour has. */
type Directory = Readonly<Record<string, number>>;

export class HourBlocks<T> {
  readonly #storage: DurableObjectStorage;
  readonly #name: string;
  readonly #keptMs: number;

  constructor(storage: DurableObjectStorage, name: string, keptMs: number) {
    this.#storage = storage;
    this.#name = name;
    this.#keptMs = keptMs;
  }

  /** Whether the object has any. */
  get isHere(): boolean {
    return this.#storage.kv.get(this.#name) !== undefined;
  }

  /** The latest first. */
  hours(): number[] {
    return Object.keys(this.#directory)
      .map(Number)
      .sort((a, b) => b - a);
  }

  /** `about`: blocks without this text are left out, which costs little. */
  *read(hour: number, about = ""): Iterable<T> {
    for (let at = 0; at < (this.#directory[hour] ?? 0); at++) {
      const text = new TextDecoder().decode(this.#storage.kv.get<Uint8Array>(this.#nameOf(hour, at)));
      if (text.includes(about)) yield JSON.parse(text) as T;
    }
  }

  /** In place of the blocks that the hour has. Only those that differ are written. */
  write(hour: number, blocks: readonly Uint8Array[]): void {
    const { kv } = this.#storage;
    const directory = this.#directory;
    for (const [at, block] of blocks.entries()) {
      const name = this.#nameOf(hour, at);
      if (!isSame(kv.get<Uint8Array>(name), block)) kv.put(name, block);
    }
    for (let at = blocks.length; at < (directory[hour] ?? 0); at++) kv.delete(this.#nameOf(hour, at));
    if (directory[hour] !== blocks.length) kv.put(this.#name, { ...directory, [hour]: blocks.length });
  }

  /** Deletes the hours that are old. An alarm does this if nothing comes before. */
  async expire(now: number): Promise<void> {
    const directory = this.#directory;
    const old = this.hours().filter((hour) => hour + HOUR_MS <= now - this.#keptMs || hour > now + HOUR_MS);
    for (const hour of old) {
      for (let at = 0; at < (directory[hour] ?? 0); at++) this.#storage.kv.delete(this.#nameOf(hour, at));
    }
    const kept = Object.fromEntries(Object.entries(directory).filter(([hour]) => !old.includes(Number(hour))));
    const oldest = Math.min(...Object.keys(kept).map(Number));
    if (oldest === Number.POSITIVE_INFINITY) return this.#storage.deleteAll();
    if (old.length > 0) this.#storage.kv.put(this.#name, kept);
    const due = oldest + HOUR_MS + this.#keptMs;
    const set = await this.#storage.getAlarm();
    if (set === null || set > due) await this.#storage.setAlarm(due);
  }

  get #directory(): Directory {
    return this.#storage.kv.get<Directory>(this.#name) ?? {};
  }

  #nameOf(hour: number, at: number): string {
    return `${this.#name}/${hour}/${at}`;
  }
}

export function inBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function isSame(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a?.byteLength === b.byteLength && a.every((byte, at) => byte === b[at]);
}
