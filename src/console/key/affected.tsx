/** Who a change of a key affects: what was sent with it lately. */

import { readUsage } from "../../control/keys/usage.ts";
import { HOUR_MS } from "../../domain/durations.ts";
import { startOfPeriod } from "../../domain/quota.ts";
import type { UsageSum } from "../../domain/usage-sums.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import type { ManagedKey } from "../../records/key.ts";
import { ranking } from "../frame/chart.tsx";
import { Ago } from "../frame/parts.tsx";
import type { Visit } from "../frame/visit.ts";
import { number, plural } from "../frame/words.ts";

const MAX_ROUTES = 3;

export function recentUse({ var: { control, visitor } }: Visit, { id, organizationId }: ManagedKey) {
  const now = control.now();
  const wanted = { organizationId, keyId: id, from: now - HOUR_MS, to: now, groupBy: ["route", "outcome"] as const };
  return readUsage(control, visitor.caller, wanted);
}

interface Props {
  readonly keyOf: ManagedKey;
  /** `recentUse` of it. */
  readonly sums: readonly UsageSum[] | Refusal;
  readonly now: number;
}

export function Affected({ keyOf: { lastUsedAt }, sums, now }: Props) {
  const last =
    lastUsedAt === null ? (
      <>It was never used.</>
    ) : (
      <>
        Last used <Ago at={lastUsedAt} now={now} />.
      </>
    );
  if (isRefusal(sums)) return <p class="affected">{last}</p>;
  return (
    <p class="affected">
      <strong>{affectedWords(sums, now - HOUR_MS)}</strong> {last}
    </p>
  );
}

/** Requests are counted by the hour. */
function affectedWords(sums: readonly UsageSum[], from: number): string {
  const since = `since ${new Date(startOfPeriod("hour", from)).toISOString().slice(11, 16)} UTC`;
  const total = sums.reduce((sum, { requests }) => sum + requests, 0);
  if (total === 0) return `No requests ${since}.`;
  const refused = sums.reduce((sum, { refused: count }) => sum + count, 0);
  const routes = ranking(sums, "route").map(({ name }) => name || "no route");
  const more = routes.length > MAX_ROUTES ? ` and ${plural(routes.length - MAX_ROUTES, "other")}` : "";
  const refusals = refused === 0 ? "" : ` (${number(refused)} refused)`;
  return `${plural(total, "request")}${refusals} ${since}, to ${routes.slice(0, MAX_ROUTES).join(", ")}${more}.`;
}
