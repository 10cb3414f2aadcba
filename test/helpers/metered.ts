/**
 * Counts what a request waits for. A round is what is asked at the same time: calls are held back until nothing else is about to be
 * asked, and go on together. So the rounds are the longest chain of calls that wait for each other, whatever the machine's speed.
 */

/** The request asks nothing more for so long: what it computes between two calls is much shorter. */
const QUIET_MS = 12;

export interface Cost {
  /** One after the other. */
  rounds: number;
  /** At D1 and at objects, all together. */
  calls: number;
  rowsRead: number;
}

type Method = (...given: unknown[]) => unknown;
type Result = D1Result<Record<string, unknown>>;

export class Meter {
  #cost: Cost = { rounds: 0, calls: 0, rowsRead: 0 };
  #waiting: (() => void)[] = [];
  #underWay = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** Since it was last taken. */
  take(): Cost {
    const cost = this.#cost;
    this.#cost = { rounds: 0, calls: 0, rowsRead: 0 };
    return cost;
  }

  async call<T>(call: () => T | Promise<T>): Promise<T> {
    this.#cost.calls += 1;
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
      this.#soon();
    });
    this.#underWay += 1;
    try {
      return await call();
    } finally {
      this.#underWay -= 1;
      this.#soon();
    }
  }

  read(results: readonly Result[]): void {
    for (const { meta } of results) this.#cost.rowsRead += meta.rows_read;
  }

  #soon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#underWay > 0 || this.#waiting.length === 0) return;
      this.#cost.rounds += 1;
      for (const go of this.#waiting.splice(0)) go();
    }, QUIET_MS);
  }
}

const CHAINED = ["prepare", "bind", "withSession"];

export function meteredD1(target: D1Database, meter: Meter): D1Database {
  const originals = new WeakMap<object, object>();
  const wrap = <T extends object>(object: T): T => {
    const wrapped = new Proxy(object, {
      get(of, name) {
        const member = Reflect.get(of, name, of) as Method;
        if (typeof member !== "function") return member;
        const call = (...given: unknown[]) => Reflect.apply(member, of, given);
        if (CHAINED.includes(String(name))) return (...given: unknown[]) => wrap(call(...given) as object);
        // Only whole results say what was read.
        if (name === "first") return (column?: string) => first(of as unknown as D1PreparedStatement, meter, column);
        return (...given: unknown[]) =>
          meter.call(async () => {
            const own = given.map((one) => (Array.isArray(one) ? one.map((each) => originals.get(each) ?? each) : one));
            const answer = (await call(...own)) as Result | Result[];
            meter.read([answer].flat());
            return answer;
          });
      },
    });
    originals.set(wrapped, object);
    return wrapped;
  };
  return wrap(target);
}

async function first(statement: D1PreparedStatement, meter: Meter, column: string | undefined): Promise<unknown> {
  const result = await meter.call(() => statement.all<Record<string, unknown>>());
  meter.read([result]);
  const row = result.results[0];
  return row === undefined ? null : column === undefined ? row : row[column];
}

export function meteredObjects<T extends object>(namespace: T, meter: Meter): T {
  return new Proxy(namespace, {
    get(of, name) {
      const member = Reflect.get(of, name, of) as Method;
      if (name !== "get") return typeof member === "function" ? member.bind(of) : member;
      return (...given: unknown[]) => meteredStub(Reflect.apply(member, of, given) as object, meter);
    },
  });
}

function meteredStub(stub: object, meter: Meter): object {
  return new Proxy(stub, {
    // Called in place: a method of a stub is no function that could be bound.
    get:
      (of, name) =>
      (...given: unknown[]) =>
        meter.call(() => (of as Record<string, Method>)[String(name)]?.(...given)),
  });
}
