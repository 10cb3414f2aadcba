/** Streams and sockets live longer than any lease: whether their key may still do what it did is asked again while they last. */

import type { Principal } from "../../decide/authorize.ts";
import type { Refusal } from "../../errors.ts";

/** A key that was revoked right after one look is found at the next, which reads a record no older than a lease. */
const EVERY_MS = 10_000;
/** How long nothing may be known of the key. With the time between two looks it stays below 30 s. */
const UNCONFIRMED_MS = 19_000;

/** What says nothing about the key. */
const FAULTS: ReadonlySet<string> = new Set([
  "authority_unavailable",
  "key_store_unavailable",
  "lookup_budget_spent",
  "plan_unknown",
]);

/** Of a request that was let through. `ask`: whether it would be let through now. */
export function watchOf({ route, key }: Principal, ask: Watch["ask"], now: () => number): Watch {
  return { ask, isOpen: route.onAuthorityFailure === "open", phase: phaseOf(key.id), now };
}

/** Ids end in random hexadecimal digits. */
function phaseOf(keyId: string): number {
  return (Number.parseInt(keyId.slice(-4), 16) || 0) / 0x10000;
}

export interface Watch {
  /** The reason why the key may no longer do this; `undefined` while it may. */
  readonly ask: () => Promise<Refusal | undefined>;
  /** Go on while nothing can be learnt. */
  readonly isOpen: boolean;
  /** From 0 to 1: when the looks at this key fall. Those of one isolate fall together, and so cost one question. */
  readonly phase: number;
  readonly now: () => number;
}

/** Calls `stop` once the key may no longer do this. What it returns ends the watch. */
export function watch({ ask, isOpen, phase, now }: Watch, stop: () => void): () => void {
  let confirmedAt = now();
  let timer: ReturnType<typeof setTimeout>;
  let isOver = false;
  const look = async () => {
    const refusal = await ask();
    if (isOver) return;
    if (!refusal) confirmedAt = now();
    const isFault = refusal !== undefined && FAULTS.has(refusal.code);
    if (refusal && !(isFault && (isOpen || now() - confirmedAt < UNCONFIRMED_MS))) return stop();
    wait();
  };
  const wait = () => {
    const sincePhase = (now() + EVERY_MS - Math.floor(phase * EVERY_MS)) % EVERY_MS;
    timer = setTimeout(() => void look(), EVERY_MS - sincePhase);
  };
  wait();
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}
