/** Streams, uploads and WebSockets outlive the lease that let them begin. Their key is checked again while they are open. */

import type { Route } from "../../config/route-table.ts";
import type { Principal } from "../../decide/principal.ts";
import { isRecent } from "../../domain/age.ts";
import type { Refusal } from "../../errors.ts";
import { FALLBACK_MS } from "./fallback.ts";

/** A key that was revoked right after one look is found at the next, which reads a record no older than a lease. */
const LOOK_EVERY_MS = 10_000;
/** Two faults in a row mean that nothing has been known of the key for 20 to 30 s. */
const FAULTY_MS = 9_000;
/** On a route that works without the authority: as long as a new request does, less the time between two looks. */
const FAULTY_OPEN_MS = FALLBACK_MS - 2 * LOOK_EVERY_MS;

/** Refusals that say nothing about the key. */
const FAULTS: ReadonlySet<string> = new Set([
  "authority_unavailable",
  "key_store_unavailable",
  "lookup_budget_spent",
  "plan_unknown",
]);

/** The reason why the key can no longer do this; `undefined` while it can. */
export type Readmit = () => Promise<Refusal | undefined>;

/** For one admitted request. It costs nothing until a part of the request takes long. */
export class Watch {
  readonly #principal: Pick<Principal, "subject">;
  readonly #route: Pick<Route, "onAuthorityFailure">;
  readonly #readmit: Readmit;
  readonly #now: () => number;
  #lookedAt: number;
  #faultySince: number | undefined;

  constructor(
    principal: Pick<Principal, "subject">,
    route: Pick<Route, "onAuthorityFailure">,
    readmit: Readmit,
    now: () => number,
  ) {
    this.#principal = principal;
    this.#route = route;
    this.#readmit = readmit;
    this.#now = now;
    this.#lookedAt = now();
  }

  /** Whether the key was last checked longer ago than it is for an open stream. */
  get isOverdue(): boolean {
    return !isRecent(this.#lookedAt, LOOK_EVERY_MS, this.#now());
  }

  /** The reason to stop. A fault is a reason only if it lasts, for longer on a route that works without the authority. */
  async look(): Promise<Refusal | undefined> {
    const refusal = await this.#readmit();
    this.#lookedAt = this.#now();
    if (!refusal || !FAULTS.has(refusal.code)) {
      this.#faultySince = undefined;
      return refusal;
    }
    this.#faultySince ??= this.#lookedAt;
    const lasting = this.#route.onAuthorityFailure === "open" ? FAULTY_OPEN_MS : FAULTY_MS;
    return isRecent(this.#faultySince, lasting, this.#lookedAt) ? undefined : refusal;
  }

  /** Checks the key until it can no longer do this, and then calls `stop`. Returns how to end the checks. */
  over(stop: (refusal: Refusal) => void): () => void {
    const phaseMs = Math.floor(phaseOf(this.#principal.subject) * LOOK_EVERY_MS);
    let timer: ReturnType<typeof setTimeout>;
    let isOver = false;
    const look = async () => {
      const refusal = await this.look();
      if (isOver) return;
      if (refusal) stop(refusal);
      else wait();
    };
    const wait = () => {
      const sincePhase = (this.#now() + LOOK_EVERY_MS - phaseMs) % LOOK_EVERY_MS;
      timer = setTimeout(() => void look(), LOOK_EVERY_MS - sincePhase);
    };
    wait();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }
}

/** From 0 to 1: when this key is checked. All streams of a key in an isolate are checked together, with one question. Ids end in random hexadecimal digits. */
function phaseOf(id: string): number {
  return (Number.parseInt(id.slice(-4), 16) || 0) / 0x10000;
}
