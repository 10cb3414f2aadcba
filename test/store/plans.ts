/** How SQLite goes about the very statements that the store sends. */

import { env } from "cloudflare:workers";

export interface Plan {
  readonly sql: string;
  /** Every line of SQLite's plan. */
  readonly details: readonly string[];
  /** Those that walk a table from end to end. */
  readonly scans: readonly string[];
}

/** The statements that `run` sends, each with how SQLite goes about it. */
export async function scansOf(run: (db: D1Database) => Promise<unknown>): Promise<Plan[]> {
  const statements: string[] = [];
  await run(noting(env.DB, statements));
  return Promise.all(statements.map(planOf));
}

async function planOf(sql: string): Promise<Plan> {
  const numbers = [...sql.matchAll(/\?(\d+)/g)].map(([, number]) => Number(number));
  const values = Array.from({ length: Math.max(0, ...numbers) }, () => "1");
  const explained = env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`).bind(...values);
  const { results } = await explained.all<{ detail: string }>();
  const details = results.map(({ detail }) => detail);
  if (!details.some((detail) => /^(SEARCH|SCAN)/.test(detail))) throw new Error(`reads nothing: ${sql}`);
  const scans = details.filter((detail) => /^SCAN (?!CONSTANT ROW|\w+ VIRTUAL TABLE)/.test(detail));
  return { sql, details, scans };
}

function noting<T extends object>(target: T, statements: string[]): T {
  return new Proxy(target, {
    get(object, name) {
      const member = Reflect.get(object, name, object);
      if (typeof member !== "function") return member;
      return (...given: unknown[]) => {
        if (name === "prepare") statements.push(String(given[0]));
        const result = member.apply(object, given);
        return name === "withSession" ? noting(result, statements) : result;
      };
    },
  });
}
