/**
 * The requests of one organization in one environment, or those of no known organization. A role of the courier's class, which
 * collectors fill.
 */

import {
  type FoundRequest,
  type KeptRequest,
  matches,
  type RequestBatch,
  type RequestFilter,
  type RequestPage,
} from "../domain/kept-request.ts";
import { hourOfRequest } from "../domain/request-id.ts";
import { type Group, mergeGroups } from "../domain/request-log.ts";
import { BLOCK_BYTES, HourBlocks, inBytes } from "./hour-blocks.ts";

interface Block {
  /** The batches that came last; in the first block alone. */
  readonly heard?: readonly string[];
  readonly groups: readonly Group<KeptRequest>[];
}

/** More than come in an hour. */
const MAX_HEARD = 100;

export class RequestLog {
  readonly #blocks: HourBlocks<Block>;

  constructor(storage: DurableObjectStorage, keptMs: number) {
    this.#blocks = new HourBlocks(storage, "requests", keptMs);
  }

  /** Whether this object is one. */
  get isHere(): boolean {
    return this.#blocks.isHere;
  }

  async record({ id, hours }: RequestBatch, now: number): Promise<void> {
    for (const { hour, groups } of hours) this.#add(hour, id, groups);
    await this.#blocks.expire(now);
  }

  find(id: string): FoundRequest | undefined {
    const hour = hourOfRequest(id);
    if (hour === undefined) return undefined;
    for (const request of this.#requests(hour, id)) if (request.id === id) return request;
    return undefined;
  }

  /** The newest first; one more than the page holds, if there is one. */
  list(filter: RequestFilter, { limit, after }: RequestPage): FoundRequest[] {
    const found: FoundRequest[] = [];
    const [about] = filter.keyIds?.length === 1 ? filter.keyIds : [filter.reason];
    for (const hour of this.#blocks.hours()) {
      if (after !== undefined && hour > after.at) continue;
      const some = [...this.#requests(hour, about)].filter(
        (request) => matches(filter, request) && isAfter(request, after),
      );
      found.push(...some.sort(newestFirst));
      if (found.length > limit) break;
    }
    return found.slice(0, limit + 1);
  }

  keyIds(): string[] {
    const ids = new Set<string>();
    for (const hour of this.#blocks.hours()) {
      for (const { keyId } of this.#requests(hour)) if (keyId !== null) ids.add(keyId);
    }
    return [...ids];
  }

  async alarm(now: number): Promise<void> {
    await this.#blocks.expire(now);
  }

  #add(hour: number, id: string, groups: readonly Group<KeptRequest>[]): void {
    const blocks = [...this.#blocks.read(hour)];
    const heard = blocks[0]?.heard ?? [];
    if (heard.includes(id)) return;
    const known = blocks.flatMap((block) => block.groups);
    this.#blocks.write(hour, inBlocks(mergeGroups(known, groups), [...heard, id].slice(-MAX_HEARD)));
  }

  *#requests(hour: number, about?: string): Iterable<FoundRequest> {
    for (const { groups } of this.#blocks.read(hour, about)) {
      for (const { kept, requests } of groups) for (const request of kept) yield { ...request, alike: requests };
    }
  }
}

/** In their order, so that few blocks change when a group grows. */
function inBlocks(groups: readonly Group<KeptRequest>[], heard: readonly string[]): Uint8Array[] {
  const blocks: Group<KeptRequest>[][] = [[]];
  let bytes = inBytes(heard).byteLength;
  for (const group of groups) {
    const size = inBytes(group).byteLength + 1;
    if (bytes + size > BLOCK_BYTES - 100) {
      blocks.push([]);
      bytes = 0;
    }
    blocks.at(-1)?.push(group);
    bytes += size;
  }
  return blocks.map((groups, at) => inBytes(at === 0 ? { heard, groups } : { groups }));
}

function isAfter({ at, id }: KeptRequest, after: RequestPage["after"]): boolean {
  return after === undefined || at < after.at || (at === after.at && id < after.id);
}

const newestFirst = (a: KeptRequest, b: KeptRequest) => b.at - a.at || (a.id < b.id ? 1 : -1);
