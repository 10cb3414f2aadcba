/** The way to KV, D1 and objects as it can be in production. Under load here, all of them are in one process. */

import { type Binding, type Method, wrap, wrapStubs } from "./wrap.ts";

/** There and back. */
const DELAYS_MS = { kv: 10, d1: 60, object: 40 };

type ObjectClass = new (context: object, env: object) => object;

export function delaying<Env extends object>(env: Env): Env {
  const { DB, KV, AUTHORITY, COURIER } = env as Record<string, Binding>;
  return {
    ...env,
    DB: delayingD1(DB),
    KV: wrap(KV, (_, call) => later(DELAYS_MS.kv, call)),
    AUTHORITY: wrapStubs(AUTHORITY, (call) => later(DELAYS_MS.object, call)),
    COURIER: wrapStubs(COURIER, (call) => later(DELAYS_MS.object, call)),
  };
}

/** The class, whose objects have the same way to what they call. */
export function delayingObject<Class extends ObjectClass>(Base: Class): Class {
  return class extends (Base as ObjectClass) {
    constructor(context: object, env: object) {
      super(context, delaying(env));
    }
  } as Class;
}

/** A session and a statement lead to a call; these are the calls. */
const D1_CALLS = new Set(["first", "all", "run", "batch"]);
const originals = new WeakMap<object, object>();

function delayingD1(target: Binding | undefined): Binding {
  const wrapped = wrap(target, (name, call) => {
    // A batch takes D1's own statements.
    const called: Method = (...given) => call(...given.map(original));
    return D1_CALLS.has(name) ? later(DELAYS_MS.d1, called) : (...given) => delayingD1(called(...given) as Binding);
  });
  originals.set(wrapped, target as object);
  return wrapped;
}

function original(value: unknown): unknown {
  return Array.isArray(value) ? value.map((item) => originals.get(item) ?? item) : value;
}

function later(ms: number, call: Method): Method {
  return async (...given) => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    return call(...given);
  };
}
