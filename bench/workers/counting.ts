/** Counts the calls that leave an isolate, at the bindings. */

type Method = (...given: unknown[]) => unknown;
type Binding = Record<string, unknown>;

/** Calls since they were last read. */
let counts = { d1: 0, kv: 0, authority: 0 };

export function takeCounts(): typeof counts {
  const taken = counts;
  counts = { d1: 0, kv: 0, authority: 0 };
  return taken;
}

export function counting<Env extends object>(env: Env): Env {
  const { DB, KV, AUTHORITY } = env as Record<string, Binding>;
  return { ...env, DB: countingD1(DB), KV: countingCalls(KV, "kv"), AUTHORITY: countingStubs(AUTHORITY) };
}

/** A session and a statement lead to a call; these are the calls. */
const D1_CALLS = new Set(["first", "all", "run", "raw", "batch", "exec"]);

function countingD1(target: Binding | undefined): Binding {
  return wrap(target, (name, call) => {
    if (!D1_CALLS.has(name)) return (...given) => countingD1(call(...given) as Binding);
    return (...given) => {
      counts.d1 += 1;
      return call(...given);
    };
  });
}

function countingStubs(namespace: Binding | undefined): Binding {
  return wrap(namespace, (name, call) =>
    name === "get" ? (...given) => countingCalls(call(...given) as Binding, "authority") : call,
  );
}

function countingCalls(target: Binding | undefined, what: "kv" | "authority"): Binding {
  return wrap(target, (_, call) => (...given) => {
    counts[what] += 1;
    return call(...given);
  });
}

function wrap(target: Binding | undefined, around: (name: string, call: Method) => Method): Binding {
  if (!target) throw new Error("a binding is missing");
  return new Proxy(target, {
    get(of, name) {
      if (typeof of[name as string] !== "function") return of[name as string];
      // Called in place: a method of a stub is no function that could be bound.
      return around(name as string, (...given) => (of as Record<string, Method>)[name as string]?.(...given));
    },
  });
}
