/**
 * A request that is sent twice does its work once. The audit event of a change keeps the request's key, and D1 takes each key
 * of an actor once. https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header-07
 */

import { isRefusal, type Refusal } from "../errors.ts";
import { findRepeated } from "../store/audit.ts";
import { type Caller, type Control, collisionOf, type Idempotency } from "./control.ts";

/** `replay` shows again what the earlier request created or changed, by its id, without any secret. */
export async function once<Done, Again>(
  control: Control,
  caller: Caller,
  act: () => Promise<Done | Refusal>,
  replay: (target: string) => Promise<Again>,
): Promise<Done | Again | Refusal> {
  const earlier = await findEarlier(control, caller);
  if (earlier) return isRefusal(earlier) ? earlier : replay(earlier.target);
  const done = await act().catch(refusalOf);
  if (!isRefusal(done)) return done;
  // The same request can have won a race against this one.
  const winner = await findEarlier(control, caller);
  if (!winner) return done;
  return isRefusal(winner) ? winner : replay(winner.target);
}

/** `kind`: headers and forms have separate keys. The key is stored as a digest: it can be anything, even a secret. */
export async function idempotencyOf(kind: string, key: string, content: readonly unknown[]): Promise<Idempotency> {
  return { key: await digest([kind, key]), fingerprint: await digest(content) };
}

async function findEarlier(
  { db }: Control,
  { actor, idempotency }: Caller,
): Promise<{ readonly target: string } | Refusal | undefined> {
  const earlier = idempotency && (await findRepeated(db, actor, idempotency.key));
  if (!earlier) return undefined;
  const { target, fingerprint } = earlier;
  return fingerprint === idempotency.fingerprint ? earlier : { code: "idempotency_key_reused", target };
}

function refusalOf(error: Error): Refusal {
  const collision = collisionOf(error);
  if (collision) return collision;
  throw error;
}

async function digest(parts: readonly unknown[]): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(parts));
  return btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))));
}
