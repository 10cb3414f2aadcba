import { afterAll, beforeAll, expect, test } from "vitest";
import { startDirect } from "../helpers/direct.ts";
import { type RunningGateway, wholeLines } from "../helpers/gateway.ts";
import { countWritten } from "../helpers/line-contract.ts";
import { type Origin, startOrigin } from "../helpers/origin.ts";
import { bearing, type Key, seed } from "../helpers/seed.ts";

let origin: Origin;
let gateway: RunningGateway;
let key: Key;

beforeAll(async () => {
  origin = await startOrigin();
  const config = `
    import { guarding } from "PROJECT/test/e2e/configs/base.ts";
    const origins = { production: "${origin.url}", sandbox: "${origin.url}/base" };
    export default { ...guarding(origins), logging: { spans: true } };
  `;
  gateway = await startDirect(config, { isTraced: true });
  key = await (await seed(gateway)).key({ environment: "production" });
});
afterAll(async () => {
  await gateway?.stop();
  gateway?.forget();
  await origin?.stop();
});

interface Traced {
  readonly invocationId: string;
  readonly event: { readonly type: string; readonly name?: string; readonly info?: { name: string; value: unknown }[] };
}

function traced(): Traced[] {
  const lines = wholeLines(gateway.output());
  return lines.filter((line) => line.startsWith('{"traced":')).map((line) => JSON.parse(line).traced);
}

/** All that the platform traced of one invocation of the Worker, up to its answer. */
async function invocationOf(requestId: string): Promise<Traced[]> {
  const its = () => {
    const marked = traced().find(({ event }) => event.info?.some?.(({ value }) => value === requestId));
    return traced().filter(({ invocationId }) => invocationId === marked?.invocationId);
  };
  await expect.poll(() => its().some(({ event }) => event.type === "return"), { timeout: 10_000 }).toBe(true);
  return its();
}

test("the platform's span of a request has what its line in the log calls it, and its calls are spans", async () => {
  const response = await fetch(`${gateway.base("production")}/folders/1?email=canary`, { headers: bearing(key) });
  const line = await gateway.logged(response.headers.get("X-Request-Id") as string);
  const events = (await invocationOf(line.request_id as string)).map(({ event }) => event);

  const attributes = events.flatMap(({ type, info }) => (type === "attributes" ? (info ?? []) : []));
  const own = attributes.filter(({ name }) => name.startsWith("keygate."));
  expect(Object.fromEntries(own.map(({ name, value }) => [name, value]))).toEqual({
    "keygate.request_id": line.request_id,
    "keygate.trace_id": line.trace_id,
    "keygate.decision": "forwarded",
    "keygate.environment": "production",
    "keygate.route": "/folders/*",
    "keygate.key_id": key.id,
    "keygate.organization_id": line.organization_id,
  });
  const spans = events.filter(({ type }) => type === "spanOpen").map(({ name }) => name);
  expect(spans).toEqual(expect.arrayContaining(["kv_get", "d1_first", "durable_object_subrequest", "fetch"]));
  expect(events.filter(({ type }) => type === "log")).toHaveLength(1);
});

test("every line of the real gateway holds to the contract", () => {
  expect(countWritten(gateway.output().replaceAll(/^{"traced":.*$/gm, ""))).toBeGreaterThan(3);
});

test("the platform sends origins no trace of its own: they get the one in the log", async () => {
  const given = "4bf92f3577b34da6a3ce929d0e0e4736";
  const traceparent = `00-${given}-00f067aa0ba902b7-01`;
  for (const headers of [bearing(key), { ...bearing(key), traceparent }]) {
    origin.reset();
    const response = await fetch(`${gateway.base("production")}/folders/1`, { headers });
    const { trace_id } = await gateway.logged(response.headers.get("X-Request-Id") as string);
    const sent = origin.seen[0]?.headerLines.filter(([name]) => name.toLowerCase() === "traceparent");
    expect(sent?.map(([, value]) => value.split("-")[1])).toEqual([trace_id]);
    if ("traceparent" in headers) expect(trace_id).toBe(given);
  }
});
