/** A binding, with something around each of its methods. */

export type Method = (...given: unknown[]) => unknown;
export type Binding = Record<string, unknown>;

export function wrap(
  target: Binding | undefined,
  around: (name: string, call: Method, of: Binding) => Method,
): Binding {
  if (!target) throw new Error("a binding is missing");
  return new Proxy(target, {
    get(of, name) {
      if (typeof of[name as string] !== "function") return of[name as string];
      // Called in place: a method of a stub is not a function that could be bound.
      return around(name as string, (...given) => (of as Record<string, Method>)[name as string]?.(...given), of);
    },
  });
}

/** The namespace, with something around each call of its objects. */
export function wrapStubs(namespace: Binding | undefined, around: (call: Method) => Method): Binding {
  return wrap(namespace, (name, call) =>
    name === "get" ? (...given) => wrap(call(...given) as Binding, (_, method) => around(method)) : call,
  );
}
