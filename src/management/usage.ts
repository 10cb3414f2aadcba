import { readUsage } from "../control/keys/usage.ts";
import { DAY_MS } from "../domain/durations.ts";
import { timeOf } from "../domain/time.ts";
import { isRefusal } from "../errors.ts";
import { operation } from "./operation.ts";
import { renderUsage, usageAnswer, usageQuery } from "./wire/usage.ts";

export const usage = [
  operation({
    method: "get",
    path: "/v1/usage",
    name: "readUsage",
    tag: "Usage",
    summary: "Show what keys were used for",
    description:
      "For the keys that the caller manages. Without times: the last day. Some ten seconds behind. Hours are kept for 31 days.",
    query: usageQuery,
    answer: usageAnswer,
    async handle({ control, caller, query }) {
      const { organization_id: organizationId, key_id: keyId, environment, group_by: groupBy } = query;
      const to = query.to === undefined ? control.now() : timeOf(query.to);
      const from = query.from === undefined ? to - DAY_MS : timeOf(query.from);
      const sums = await readUsage(control, caller, { organizationId, keyId, environment, from, to, groupBy });
      return isRefusal(sums) ? sums : { body: { data: sums.map(renderUsage) } };
    },
  }),
];
