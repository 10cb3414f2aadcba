import { findKey } from "../control/access.ts";
import type { Caller, Control } from "../control/control.ts";
import { readUsage } from "../control/keys/usage.ts";
import { readUsageOfAll } from "../control/keys/usage-of-all.ts";
import { DAY_MS } from "../domain/durations.ts";
import { startOfPeriod } from "../domain/quota.ts";
import { timeOf } from "../domain/time.ts";
import { isRefusal, type Refusal } from "../errors.ts";
import { operation } from "./operation.ts";
import { renderUsage, usageQuery } from "./wire/usage.ts";

/** Sums in one answer, if the question does not say. */
const DEFAULT_LIMIT = 100;

export const usage = [
  operation({
    method: "get",
    path: "/v1/usage",
    name: "readUsage",
    query: usageQuery,
    async handle({ control, caller, query }) {
      const { key_id: keyId, environment, route, outcome: outcomes, group_by: groupBy, sort, limit } = query;
      const organizationId = await organizationOf(control, caller, query);
      if (isRefusal(organizationId)) return organizationId;
      const to = query.to === undefined ? control.now() : timeOf(query.to);
      const scope = { environment, route, outcomes, groupBy };
      if (organizationId === undefined) {
        const from = query.from === undefined ? startOfPeriod("day", to - 1) : timeOf(query.from);
        const top = { by: sort ?? "requests", count: limit ?? DEFAULT_LIMIT } as const;
        const found = await readUsageOfAll(control, caller, { ...scope, from, to, top });
        return isRefusal(found) ? found : { body: { data: found.sums.map((sum) => renderUsage(sum, found.names)) } };
      }
      const from = query.from === undefined ? to - DAY_MS : timeOf(query.from);
      const top = sort || limit ? ({ by: sort ?? "requests", count: limit ?? DEFAULT_LIMIT } as const) : undefined;
      const sums = await readUsage(control, caller, { ...scope, organizationId, keyId, from, to, top });
      return isRefusal(sums) ? sums : { body: { data: sums.map((sum) => renderUsage(sum)) } };
    },
  }),
];

/** `undefined`: of all. */
async function organizationOf(
  control: Control,
  caller: Caller,
  { organization_id, key_id }: { organization_id?: string | undefined; key_id?: string | undefined },
): Promise<string | undefined | Refusal> {
  if (organization_id !== undefined) return organization_id;
  if (caller.standing.kind === "member") return caller.standing.organizationId;
  if (key_id === undefined) return undefined;
  const key = await findKey(control, caller, key_id, "usage:read");
  return isRefusal(key) ? key : key.organizationId;
}
