/**
 * In which request log a request is. A request gets its id before the gateway knows whose it is, so the id itself cannot say. One
 * object, a role of the courier's class, which collectors fill.
 */

import type { HourOfRequests, Place } from "../domain/kept-request.ts";
import { hourOfRequest, randomPartOf } from "../domain/request-id.ts";
import { BLOCK_BYTES, HourBlocks, inBytes } from "./hour-blocks.ts";

/** Digits of ids; enough that no two requests of an hour have the same. */
const DIGITS = 16;
/** What is more in an hour cannot be found without its organization. */
const MAX_BLOCKS = 100;

/** Of each place, the first digits of the random parts of its requests, one after the other. */
type Block = Readonly<Record<string, string>>;

export class RequestIndex {
  readonly #blocks: HourBlocks<Block>;

  constructor(storage: DurableObjectStorage, keptMs: number) {
    this.#blocks = new HourBlocks(storage, "index", keptMs);
  }

  /** Whether this object is the one. */
  get isHere(): boolean {
    return this.#blocks.isHere;
  }

  async add(hours: readonly HourOfRequests[], now: number): Promise<void> {
    for (const hour of new Set(hours.map((one) => one.hour))) {
      this.#add(
        hour,
        hours.filter((one) => one.hour === hour),
      );
    }
    await this.#blocks.expire(now);
  }

  /** Usually one; `null` if it is of no known organization. */
  find(id: string): (Place | null)[] {
    const hour = hourOfRequest(id);
    if (hour === undefined) return [];
    const wanted = digitsOf(id);
    return [...this.#blocks.read(hour, wanted)]
      .flatMap((block) => Object.entries(block))
      .filter(([, digits]) => holds(digits, wanted))
      .map(([place]) => placeOf(place));
  }

  async alarm(now: number): Promise<void> {
    await this.#blocks.expire(now);
  }

  #add(hour: number, hours: readonly HourOfRequests[]): void {
    const known = [...this.#blocks.read(hour)];
    const blocks = known.map(inBytes);
    const last = inBytes(withMore(known.at(-1) ?? {}, hours));
    if (last.byteLength <= BLOCK_BYTES) blocks[Math.max(0, known.length - 1)] = last;
    else if (known.length < MAX_BLOCKS) blocks.push(inBytes(withMore({}, hours)));
    this.#blocks.write(hour, blocks);
  }
}

function withMore(block: Block, hours: readonly HourOfRequests[]): Block {
  const all = new Map(Object.entries(block));
  for (const { place, groups } of hours) {
    const name = nameOf(place);
    const digits = groups.flatMap(({ kept }) => kept.map(({ id }) => digitsOf(id)));
    if (digits.length > 0) all.set(name, (all.get(name) ?? "") + digits.join(""));
  }
  return Object.fromEntries(all);
}

const digitsOf = (id: string) => randomPartOf(id).slice(0, DIGITS);

function holds(digits: string, wanted: string): boolean {
  let at = digits.indexOf(wanted);
  while (at >= 0 && at % DIGITS !== 0) at = digits.indexOf(wanted, at + 1);
  return at >= 0;
}

/** Neither has a slash. */
const nameOf = (place: Place | null) => (place ? `${place.organizationId}/${place.environment}` : "");

function placeOf(name: string): Place | null {
  const [organizationId, environment] = name.split("/");
  return organizationId && environment ? { organizationId, environment } : null;
}
