/** The client, a separate process: one run of load for each message. */

import autocannon from "autocannon";
import type { Load, Measured } from "./client.ts";
import { nextOf, quantile } from "./order.ts";

/** Connections are made and the runtime settles before anything counts. */
const WARM_UP_MS = 250;

process.on("message", async (load: Load) => process.send?.(await run(load)));
process.on("disconnect", () => process.exit());

async function run({ url, secrets, order, connections, seconds, amount }: Load): Promise<Measured> {
  const next = nextOf(order, secrets.length);
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
