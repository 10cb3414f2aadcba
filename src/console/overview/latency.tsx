/** How long requests of the organization took: in the gateway, and at the origin. */

import { type Histogram, quantile } from "../../domain/histogram.ts";
import type { LatencySum } from "../../domain/latency-sums.ts";
import { EnvironmentBadge, Table } from "../frame/parts.tsx";
import type { Visit } from "../frame/visit.ts";
import { number } from "../frame/words.ts";

const shown = (histogram: Histogram, q: number) => {
  const ms = quantile(histogram, q);
  return ms === undefined ? "–" : `${number(ms)} ms`;
};

export function Latencies({ c, sums }: { c: Visit; sums: readonly LatencySum[] }) {
  if (sums.length === 0) return <p class="faint">No requests in this time.</p>;
  const { gateway } = c.var.control;
  return (
    <>
      <Table
        caption="Latency"
        rows={sums}
        columns={[
          {
            label: "Environment",
            cell: ({ group }) => <EnvironmentBadge name={String(group.environment)} gateway={gateway} />,
          },
          { label: "Gateway p50", isNumber: true, cell: ({ latency }) => shown(latency.gatewayMs, 0.5) },
          { label: "Gateway p95", isNumber: true, cell: ({ latency }) => shown(latency.gatewayMs, 0.95) },
          { label: "Origin p50", isNumber: true, cell: ({ latency }) => shown(latency.originMs, 0.5) },
          { label: "Origin p95", isNumber: true, cell: ({ latency }) => shown(latency.originMs, 0.95) },
        ]}
      />
      <p class="faint">
        Half of the requests (p50) and 95 % of them (p95) took no longer. Origin: until its answer began; gateway: all
        else.
      </p>
    </>
  );
}
