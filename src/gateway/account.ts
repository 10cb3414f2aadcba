/** One JSON line in the log for each request. Never a secret, a query string or a body. */

import type { KeyRecord } from "../domain/key.ts";
import type { Code } from "../errors.ts";

export interface Entry {
  readonly requestId: string;
  readonly method: string;
  readonly environment: string | undefined;
  /** The route as configured; the path itself may name people. */
  readonly route: string | undefined;
  readonly key: KeyRecord | undefined;
  readonly foundIn: "memory" | "kv" | "d1" | undefined;
  readonly degraded: boolean | undefined;
  readonly refusal: Code | undefined;
  readonly status: number;
  readonly totalMs: number;
  readonly originMs: number;
}

export type Log = (line: string) => void;

export function account(entry: Entry, log: Log): void {
  const { requestId, environment, key, refusal, totalMs, originMs } = entry;
  log(
    JSON.stringify({
      request_id: requestId,
      decision: refusal ? "refused" : "forwarded",
      reason: refusal,
      status: entry.status,
      environment,
      method: entry.method,
      route: entry.route,
      key_id: key?.id,
      organization_id: key?.organization.id,
      found_in: entry.foundIn,
      degraded: entry.degraded,
      gateway_ms: totalMs - originMs,
      origin_ms: originMs,
    }),
  );
}
