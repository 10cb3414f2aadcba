/**
 * Where storage begins. What a binding throws is a failure of storage, whatever its text says: a full disk, a lost connection
 * and an internal error of D1 have nothing in common but this place. Each failure is logged with the binding's name.
 */

import { type Log, messageLine } from "../domain/log-line.ts";
import { describeThrown } from "../thrown.ts";

export class StorageFailure extends Error {}

/** Calls that bring no answer yet: what they return is called in turn. */
const CHAINED: readonly unknown[] = ["prepare", "bind", "withSession"];

/** The binding, each of whose calls rejects with a `StorageFailure` where the platform throws. */
export function guard<T extends object>(name: string, binding: T, log: Log): T {
  const originals = new WeakMap<object, object>();
  const original = (value: unknown) =>
    Array.isArray(value) ? value.map((item) => originals.get(item) ?? item) : value;
  const wrap = <O extends object>(object: O): O => {
    const guarded = new Proxy(object, {
      get(_, property) {
        const member = Reflect.get(object, property, object);
        if (typeof member !== "function") return member;
        // D1 reads what it needs of the statements of a batch, so it gets its own.
        const call = (given: unknown[]) => Reflect.apply(member, object, given.map(original));
        if (CHAINED.includes(property)) return (...given: unknown[]) => wrap(call(given) as object);
        return (...given: unknown[]) => atBoundary(name, async () => call(given), log);
      },
    });
    originals.set(guarded, object);
    return guarded;
  };
  // One that wrangler.toml lacks breaks only what needs it.
  return binding === undefined ? binding : wrap(binding);
}

export async function atBoundary<T>(name: string, call: () => Promise<T>, log: Log): Promise<T> {
  try {
    return await call();
  } catch (thrown) {
    if (isBrokenRule(thrown)) throw thrown;
    const message = `${name}: ${thrown instanceof Error ? thrown.message : describeThrown(thrown)}`;
    log(messageLine("error", message));
    throw new StorageFailure(message, { cause: thrown });
  }
}

/** The database worked, and refused what broke a rule of the schema: that statement is ours. */
function isBrokenRule(thrown: unknown): boolean {
  return thrown instanceof Error && /\bconstraint failed\b/.test(thrown.message);
}
