/**
 * Requests as data points of Workers Analytics Engine, if the configuration asks for them. The order of the columns is a contract
 * (docs/metrics.md): new ones come after the last. They cannot be deleted with an organization, so they have ids that Keygate made and
 * names of the configuration, and nothing that a client sent.
 */

import { type Entry, type Log, messageLine } from "./domain/log-line.ts";
import { describeThrown } from "./thrown.ts";

/** The log, which also writes a data point of each request. That takes no time: the runtime sends it later. */
export function withDataPoints(log: Log, dataset: Pick<AnalyticsEngineDataset, "writeDataPoint"> | undefined): Log {
  if (!dataset) {
    log(messageLine("error", "logging.analyticsEngine is on, but wrangler.toml has no binding ANALYTICS"));
    return log;
  }
  return (line) => {
    log(line);
    if (line.kind !== "request") return;
    try {
      dataset.writeDataPoint(dataPointOf(line));
    } catch (error) {
      log(messageLine("error", `a data point was not written: ${describeThrown(error)}`));
    }
  };
}

/** Absent texts are empty, and absent numbers 0. */
function dataPointOf(entry: Entry): AnalyticsEngineDataPoint {
  const { environment = "", route = "", decision, reason = "", origin = "", key_id = "", lease = "" } = entry;
  return {
    indexes: [entry.organization_id ?? ""],
    blobs: [environment, route, decision, reason, origin, key_id, lease],
    doubles: [
      entry.status,
      entry.origin_status ?? 0,
      entry.gateway_ms,
      entry.origin_ms ?? 0,
      entry.request_bytes ?? 0,
      entry.response_bytes ?? 0,
    ],
  };
}
