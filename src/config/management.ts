/** How often the management API can be called: as configured, and as it is used. */

import type * as z from "zod";
import { DAY_SECONDS, HOUR_SECONDS } from "../domain/durations.ts";
import type { Limits } from "../domain/limits.ts";
import { count, fields } from "./fields.ts";

const speed = fields({
  limit: count(10_000_000),
  window: count(DAY_SECONDS),
  burst: count(10_000_000).optional(),
});
type Speed = z.output<typeof speed>;

export const management = fields({
  calls: ofCallers({ limit: 600, window: 60 }, { limit: 3_000, window: 60 }),
  changes: ofCallers({ limit: 300, window: HOUR_SECONDS }, { limit: 1_000, window: HOUR_SECONDS }),
  root: speed.default({ limit: 6_000, window: 60 }),
});

function ofCallers(actor: Speed, organization: Speed) {
  return fields({ actor: speed.default(actor), organization: speed.default(organization) })
    .refine((limits) => isBelow(limits.actor, limits.organization), {
      message: "lets one caller use up all of its organization's calls; lower actor, or raise organization",
    })
    .prefault({});
}

function isBelow(one: Speed, other: Speed): boolean {
  const burst = ({ burst, limit }: Speed) => burst ?? limit;
  return one.limit / one.window < other.limit / other.window && burst(one) < burst(other);
}

/** Of the callers of the management API. */
export interface ManagementLimits {
  readonly calls: CallersLimits;
  readonly changes: CallersLimits;
  readonly root: Limits;
}

export interface CallersLimits {
  readonly actor: Limits;
  readonly organization: Limits;
}

export function compileManagement({ calls, changes, root }: z.output<typeof management>): ManagementLimits {
  const limits = (name: string, { limit, window, burst = limit }: Speed): Limits => ({
    rates: [{ name, limit, window, burst }],
    quotas: [],
  });
  const ofCallers = (use: string, { actor, organization }: z.output<typeof management>["calls"]): CallersLimits => ({
    actor: limits(`actor-${use}`, actor),
    organization: limits(`organization-${use}`, organization),
  });
  return { calls: ofCallers("calls", calls), changes: ofCallers("changes", changes), root: limits("root", root) };
}
