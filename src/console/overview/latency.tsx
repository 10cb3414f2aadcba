/** How long requests of the organization took: in the gateway, and at the origin. */

import { type Histogram, quantile } from "../../domain/histogram.ts";
import type { LatencySum } from "../../domain/latency-sums.ts";
import { EnvironmentBadge, Table } from "../frame/parts.tsx";
import type { Visit } from "../frame/visit.ts";
import { number } from "../frame/words.ts";

const shown = (histogram: Histogram, q: number) => {
  const ms = quantile(histogram, q);
  return ms === undefined ? "–" : `${number(ms)}\u00a0ms`;
};

const partsOf = ({ group: { environment }, latency }: LatencySum) => [
  { environment: String(environment), part: "gateway", times: latency.gatewayMs },
  { environment: String(environment), part: "origin", times: latency.originMs },
];

export function Latencies({ c, sums }: { c: Visit; sums: readonly LatencySum[] }) {
  if (sums.length === 0) return <p class="faint">No requests in this time.</p>;
  const { gateway } = c.var.control;
  return (
    <>
      <Table
        caption="Latency"
        size="few"
        rows={sums.flatMap(partsOf)}
        columns={[
          {
            label: "Time in",
            cell: ({ environment, part }) => (
              <>
                <EnvironmentBadge name={environment} gateway={gateway} /> {part}
              </>
            ),
          },
          { label: "Half within", isNumber: true, cell: ({ times }) => shown(times, 0.5) },
          { label: "95 % within", isNumber: true, cell: ({ times }) => shown(times, 0.95) },
        ]}
      />
      <p class="faint">Origin: until its answer began; gateway: all else.</p>
    </>
  );
}
