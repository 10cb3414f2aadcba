/** D1 while a page is made: the same statement with the same values is sent once, however many parts of the page ask. */

interface AskedOnce {
  readonly db: D1Database;
  /** From now on each statement is sent. */
  readonly end: () => void;
}

/** `undefined` after the end: files that are sent bit by bit must not stay in memory. */
type Answers = { of: Map<string, Promise<D1Result>> | undefined };

export function askedOnce(db: D1Database): AskedOnce {
  const answers: Answers = { of: new Map() };
  const originals = new WeakMap<object, D1PreparedStatement>();
  const asking = (sql: string, statement: D1PreparedStatement, values: readonly unknown[]): D1PreparedStatement => {
    const all = () => answered(answers, JSON.stringify([sql, values]), statement);
    const asked = replacing(statement, {
      bind: (...given: unknown[]) => asking(sql, statement.bind(...given), given),
      all: all as D1PreparedStatement["all"],
      first: (async (column?: string) => {
        const row = (await all()).results[0] as Record<string, unknown> | undefined;
        return row === undefined ? null : column === undefined ? row : row[column];
      }) as D1PreparedStatement["first"],
    });
    originals.set(asked, statement);
    return asked;
  };
  const prepare = (of: Pick<D1Database, "prepare">) => (sql: string) => asking(sql, of.prepare(sql), []);
  return {
    db: replacing(db, {
      prepare: prepare(db),
      batch: (statements) => db.batch(statements.map((one) => originals.get(one) ?? one)),
      // Pages read the primary, in a session or not.
      withSession: (constraint) => {
        const session = db.withSession(constraint);
        return replacing(session, { prepare: prepare(session) });
      },
    }),
    end: () => {
      answers.of = undefined;
    },
  };
}

function answered({ of }: Answers, name: string, statement: D1PreparedStatement): Promise<D1Result> {
  const answer = of?.get(name) ?? statement.all();
  of?.set(name, answer);
  return answer;
}

function replacing<T extends object>(object: T, members: Partial<T>): T {
  return new Proxy(object, {
    get(of, name) {
      if (Object.hasOwn(members, name)) return members[name as keyof T];
      const member = Reflect.get(of, name, of);
      return typeof member === "function" ? member.bind(of) : member;
    },
  });
}
