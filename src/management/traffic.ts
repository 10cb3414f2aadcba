import { readTraffic } from "../control/traffic/read.ts";
import { DAY_MS } from "../domain/durations.ts";
import { timeOf } from "../domain/time.ts";
import { isRefusal } from "../errors.ts";
import { operation } from "./operation.ts";
import { renderTraffic, trafficQuery } from "./wire/traffic.ts";

export const traffic = [
  operation({
    method: "get",
    path: "/v1/traffic",
    name: "readTraffic",
    query: trafficQuery,
    async handle({ control, caller, query }) {
      const { environment, route, group_by: groups } = query;
      const to = query.to === undefined ? control.now() : timeOf(query.to);
      const from = query.from === undefined ? to - DAY_MS : timeOf(query.from);
      const sums = await readTraffic(control, caller, { environment, route, groups, from, to });
      return isRefusal(sums) ? sums : { body: { data: sums.map(renderTraffic) } };
    },
  }),
];
