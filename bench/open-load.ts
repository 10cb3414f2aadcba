/**
 * The client of an open load: a request begins when it is due, whether or not earlier ones were answered, and its time counts from then. So a
 * pause of the server counts for every request that it held up. (autocannon sends the requests of each second at its beginning.)
 */

import { setTimeout } from "node:timers/promises";
import { Pool } from "undici";
import type { OpenLoad, OpenMeasured } from "./client.ts";
import { nextOf, quantile } from "./order.ts";

/** Requests that are due while so many are under way are not made: the server cannot keep up. */
const MAX_UNDER_WAY = 1_000;
/** Of each isolate. Requests wait for one if all are in use, and that time counts. */
const CONNECTIONS = 128;
/** How long the last answers are waited for. */
const LAST_ANSWERS_MS = 5_000;

process.on("message", async (load: OpenLoad) => process.send?.(await run(load)));
process.on("disconnect", () => process.exit());

async function run({ urls, secrets, order, perSecond, seconds }: OpenLoad): Promise<OpenMeasured> {
  const targets = urls.map((url) => ({
    pool: new Pool(new URL(url).origin, { connections: CONNECTIONS }),
    path: new URL(url).pathname,
  }));
  const next = nextOf(order, secrets.length);
  const latencies: number[] = [];
  const statuses: Record<string, number> = {};
  const underWay = new Set<Promise<void>>();
  let due = 0;

  async function ask(dueAt: number): Promise<void> {
    const { pool, path } = targets[due % targets.length] as (typeof targets)[number];
    const headers = { authorization: `Bearer ${secrets[next()]}` };
    const { statusCode, body } = await pool.request({ path, method: "GET", headers });
    await body.dump();
    statuses[statusCode] = (statuses[statusCode] ?? 0) + 1;
    latencies.push(performance.now() - dueAt);
  }

  const endAt = performance.now() + seconds * 1000;
  for (let dueAt = performance.now(); dueAt < endAt; ) {
    for (; dueAt <= performance.now() && dueAt < endAt; dueAt += gap(perSecond)) {
      due += 1;
      if (underWay.size >= MAX_UNDER_WAY) continue;
      const asking: Promise<void> = ask(dueAt)
        .catch((error: Error) => {
          statuses[error.message] = (statuses[error.message] ?? 0) + 1;
        })
        .finally(() => underWay.delete(asking));
      underWay.add(asking);
    }
    await setTimeout(1);
  }
  await Promise.race([Promise.all(underWay), setTimeout(LAST_ANSWERS_MS)]);
  const answered = latencies.length;
  await Promise.all(targets.map(({ pool }) => pool.destroy()));
  return { ...quantilesOf(latencies.slice(0, answered), due), statuses: { ...statuses }, due, answered };
}

/** A request without an answer took longer than any other. */
function quantilesOf(latencies: readonly number[], due: number) {
  const missing = Array.from({ length: due - latencies.length }, () => Number.POSITIVE_INFINITY);
  const sorted = [...latencies.toSorted((a, b) => a - b), ...missing];
  return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), p999: quantile(sorted, 0.999) };
}

/** Of clients that do not know of each other. */
function gap(perSecond: number): number {
  return (-Math.log(1 - Math.random()) / perSecond) * 1000;
}
