/** Counts what an isolate and its objects cause, by what the platform charges for: calls at the bindings, rows in the objects. */

import { type Binding, type Method, wrap, wrapStubs } from "./wrap.ts";

type Context = { readonly storage: { readonly kv: object; readonly sql: object } };
type Cursor = { readonly rowsWritten: number };
type Result = {
  readonly results: unknown[];
  readonly meta: { readonly rows_read: number; readonly rows_written: number };
};
type ObjectClass = new (context: Context, env: object) => { alarm?(info?: unknown): unknown };

/** Everything that happened, but no time: a Worker's clock stands still while it works. */
const NOTHING = {
  /** Calls and alarms. */
  objectRequest: 0,
  objectRow: 0,
  alarmSet: 0,
  d1Call: 0,
  /** Of the calls, those of several statements. */
  d1Batch: 0,
  d1RowRead: 0,
  d1RowWritten: 0,
  kvRead: 0,
  kvWrite: 0,
};

export type Operations = Readonly<typeof NOTHING>;

/** Since they were last taken. */
let counts = { ...NOTHING };

function add(name: keyof Operations, amount = 1): void {
  counts[name] += amount;
}

export function takeCounts(): Operations {
  const taken = counts;
  counts = { ...NOTHING };
  return taken;
}

export function counting<Env extends object>(env: Env): Env {
  const { DB, KV, AUTHORITY, COURIER } = env as Record<string, Binding>;
  const [authorities, couriers] = [countingStubs(AUTHORITY), countingStubs(COURIER)];
  return { ...env, DB: countingD1(DB), KV: countingKv(KV), AUTHORITY: authorities, COURIER: couriers };
}

/** The class, with what its objects do counted. Objects share the isolate of their Worker. */
export function countingObject<Class extends ObjectClass>(Base: Class): Class {
  return class extends (Base as ObjectClass) {
    constructor(context: Context, env: object) {
      countRows(context);
      super(context, counting(env));
    }

    override alarm(info?: unknown): unknown {
      add("objectRequest");
      return super.alarm?.(info);
    }
  } as Class;
}

let countsRows = false;

/** In the platform's own classes, so once for all objects. */
function countRows({ storage }: Context): void {
  if (countsRows) return;
  countsRows = true;
  afterEach(storage, "setAlarm", () => add("alarmSet"));
  for (const name of ["put", "delete"]) afterEach(storage.kv, name, () => add("objectRow"));
  // What a statement writes is written by the time that it returns.
  afterEach(storage.sql, "exec", (cursor) => add("objectRow", (cursor as Cursor).rowsWritten));
}

function afterEach(object: object, name: string, note: (returned: unknown) => void): void {
  const prototype = Object.getPrototypeOf(object) as Record<string, Method>;
  const method = prototype[name] as Method;
  prototype[name] = function (this: unknown, ...given: unknown[]) {
    const returned = method.apply(this, given);
    note(returned);
    return returned;
  };
}

/** A session and a statement lead to a call; these are the calls. */
const D1_CALLS = new Set(["first", "all", "run", "batch"]);

function countingD1(target: Binding | undefined): Binding {
  return wrap(target, (name, call, of) => {
    if (!D1_CALLS.has(name)) return (...given) => countingD1(call(...given) as Binding);
    // D1 tells what it read with whole results only; `first` asks for all rows too.
    if (name === "first") return async (column) => pick(noted([await (of.all as () => Promise<Result>)()]), column);
    return async (...given) => {
      const answer = (await call(...given)) as Result | Result[];
      noted(Array.isArray(answer) ? answer : [answer], name === "batch");
      return answer;
    };
  });
}

function noted(results: Result[], isBatch = false): Result[] {
  add("d1Call");
  if (isBatch) add("d1Batch");
  for (const { meta } of results) {
    add("d1RowRead", meta.rows_read);
    add("d1RowWritten", meta.rows_written);
  }
  return results;
}

function pick([result]: Result[], column: unknown): unknown {
  const row = result?.results[0] as Record<string, unknown> | undefined;
  if (row === undefined) return null;
  return column === undefined ? row : row[column as string];
}

function countingKv(target: Binding | undefined): Binding {
  return wrap(target, (name, call) => (...given) => {
    if (name.startsWith("get")) add("kvRead");
    else add("kvWrite");
    return call(...given);
  });
}

function countingStubs(namespace: Binding | undefined): Binding {
  return wrapStubs(namespace, (call) => (...given) => {
    add("objectRequest");
    return call(...given);
  });
}
