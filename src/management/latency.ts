import { readLatency } from "../control/traffic/latency.ts";
import { invalid } from "../control/validation.ts";
import { DAY_MS } from "../domain/durations.ts";
import { timeOf } from "../domain/time.ts";
import { isRefusal } from "../errors.ts";
import { operation } from "./operation.ts";
import { latencyQuery, renderLatency } from "./wire/traffic.ts";

export const latency = [
  operation({
    method: "get",
    path: "/v1/latency",
    name: "readLatency",
    query: latencyQuery,
    async handle({ control, caller, query }) {
      const { environment, group_by: groupBy } = query;
      const own = caller.standing.kind === "member" ? caller.standing.organizationId : undefined;
      const organizationId = query.organization_id ?? own;
      if (organizationId === undefined) return invalid("organization_id", "is required");
      const to = query.to === undefined ? control.now() : timeOf(query.to);
      const from = query.from === undefined ? to - DAY_MS : timeOf(query.from);
      const sums = await readLatency(control, caller, { organizationId, environment, from, to, groupBy });
      return isRefusal(sums) ? sums : { body: { data: sums.map(renderLatency) } };
    },
  }),
];
