/** The platform's own tracing, where it is on: its span of the request gets what the log line calls the request by. */

import * as platform from "cloudflare:workers";
import type { ControlLine, Entry } from "./domain/log-line.ts";

/** A runtime of an earlier date has none. https://developers.cloudflare.com/workers/observability/traces/custom-spans/ */
const { tracing } = platform as { tracing?: Partial<Tracing> };

export function toSpan(line: Entry | ControlLine): void {
  const span = tracing?.getActiveSpan?.();
  if (!span?.isTraced) return;
  const { request_id, reason, route, key_id, organization_id } = line;
  const own =
    line.kind === "request"
      ? {
          "keygate.trace_id": line.trace_id,
          "keygate.decision": line.decision,
          "keygate.environment": line.environment,
        }
      : { "keygate.operation": line.operation };
  span.setAttributes({
    "keygate.request_id": request_id,
    "keygate.reason": reason,
    "keygate.route": route,
    "keygate.key_id": key_id,
    "keygate.organization_id": organization_id,
    ...own,
  });
}
