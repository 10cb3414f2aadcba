/** One JSON line in the log for each request. Never a secret, a query string or a body. */

import type { Principal } from "../decide/principal.ts";
import type { Code } from "../errors.ts";
import type { FoundIn } from "./admit/scheme.ts";

export interface Entry {
  readonly requestId: string;
  readonly method: string;
  readonly environment: string | undefined;
  /** The route as configured; the path itself can name people. */
  readonly route: string | undefined;
  readonly caller: Principal | undefined;
  readonly foundIn: FoundIn | undefined;
  readonly degraded: boolean | undefined;
  readonly refusal: Code | undefined;
  readonly status: number;
  readonly totalMs: number;
  readonly originMs: number;
}

export type Log = (line: string) => void;

export function account(entry: Entry, log: Log): void {
  const { requestId, environment, caller, refusal, totalMs, originMs } = entry;
  log(
    JSON.stringify({
      request_id: requestId,
      decision: refusal ? "refused" : "forwarded",
      reason: refusal,
      status: entry.status,
      environment,
      method: entry.method,
      route: entry.route,
      key_id: caller?.subject,
      organization_id: caller?.organization,
      found_in: entry.foundIn,
      degraded: entry.degraded,
      gateway_ms: totalMs - originMs,
      origin_ms: originMs,
    }),
  );
}
