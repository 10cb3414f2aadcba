/** The client, a separate process: one run of load for each message. */

import autocannon from "autocannon";
import type { Load, Measured } from "./client.ts";

/** Connections are made and the runtime settles before anything counts. */
const WARM_UP_MS = 250;

process.on("message", async (load: Load) => process.send?.(await run(load)));
process.on("disconnect", () => process.exit());

async function run({ url, secrets, order, connections, seconds, amount }: Load): Promise<Measured> {
  const next = order === "zipf" ? zipf(secrets.length) : inTurn(secrets.length);
  const begunAt = performance.now() + WARM_UP_MS;
  const endAt = begunAt + seconds * 1000;
  const latencies: number[] = [];
  const running = autocannon({
    url,
    connections,
    duration: seconds + WARM_UP_MS / 1000,
    sampleInt: 50,
    ...(amount && { amount }),
    requests: [
      { setupRequest: (request) => ({ ...request, headers: { authorization: `Bearer ${secrets[next()]}` } }) },
    ],
  });
  running.on("response", (_client, _status, _bytes, ms: number) => {
    const now = performance.now();
    if (now >= begunAt && now < endAt) latencies.push(ms);
  });
  const { errors, requests, statusCodeStats } = await running;
  latencies.sort((a, b) => a - b);
  const statuses = Object.fromEntries(Object.entries(statusCodeStats).map(([status, { count }]) => [status, count]));
  return {
    perSecond: latencies.length / seconds,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    statuses,
    errors,
    made: requests.sent,
    answered: Object.values(statuses).reduce((sum, count) => sum + count, 0),
  };
}

function inTurn(count: number): () => number {
  let at = 0;
  return () => at++ % count;
}

/** The nth of them comes 1/n as often as the first. */
function zipf(count: number): () => number {
  const upTo = new Float64Array(count);
  let total = 0;
  for (let i = 0; i < count; i++) upTo[i] = total += 1 / (i + 1);
  return () => {
    const wanted = Math.random() * total;
    let [low, high] = [0, count - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((upTo[middle] as number) < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
