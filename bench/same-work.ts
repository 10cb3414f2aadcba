/** Holds `equal` to its name: what it sends, answers and logs has the names and sizes that Keygate's has. */

import type { Runtime } from "./runtime.ts";

/** Values that differ in size from one request to the next, or from one Worker to the other. */
const VARYING = new Set([
  ...["cf-worker", "content-length", "ratelimit"],
  ...["gateway_ms", "origin_ms", "found_in", "lease", "response_bytes"],
]);
/** Fields that only the first request of a key has. */
const OF_THE_FIRST = new Set(["identify_ms", "lease_ms"]);

/** `secret`: of a key that lives. Throws where the two differ. */
export async function checkSameWork(runtime: Runtime, secret: string): Promise<void> {
  const [keygate, equal] = [await workOf(runtime, "keygate", secret), await workOf(runtime, "equal", secret)];
  const missing = keygate.filter((line) => !equal.includes(line));
  const extra = equal.filter((line) => !keygate.includes(line));
  if (missing.length + extra.length === 0) return;
  throw new Error(`bench/workers/equal.ts does other work than Keygate. Keygate: ${missing}. equal: ${extra}.`);
}

async function workOf(runtime: Runtime, worker: "keygate" | "equal", secret: string): Promise<string[]> {
  const logged = runtime.nextLog();
  const response = await fetch(`${runtime.urls[worker]}/production/signatures/echo`, {
    headers: { authorization: `Bearer ${secret}` },
  });
  return [
    ...sizesOf("request", (await response.json()) as Record<string, unknown>),
    ...sizesOf("response", Object.fromEntries(response.headers)),
    ...sizesOf("log", JSON.parse(await logged)),
  ];
}

function sizesOf(kind: string, fields: object): string[] {
  const lasting = Object.entries(fields).filter(([name]) => !OF_THE_FIRST.has(name));
  return lasting.map(([name, value]) =>
    VARYING.has(name) ? `${kind} ${name}` : `${kind} ${name} of ${String(value).length}`,
  );
}
