/** A key's first page: what it can do, what is left of its limits, and how it is used. */

import { Hono } from "hono/tiny";
import { type Advice, adviseOnScopes } from "../../control/keys/advise.ts";
import { withLastUse } from "../../control/keys/last-use.ts";
import { readLimits } from "../../control/keys/limits.ts";
import { readUsage } from "../../control/keys/usage.ts";
import { DAY_MS } from "../../domain/durations.ts";
import { statusReasonOf } from "../../domain/key-status.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import type { ManagedKey } from "../../records/key.ts";
import { readKeyRecord } from "../../store/key-records.ts";
import { memberNames, membersOf, namesIn, workspacesOf } from "../frame/directory.ts";
import { Part } from "../frame/parts.tsx";
import { before, isKept, lastOf } from "../frame/period.ts";
import type { ConsoleEnv, Visit } from "../frame/visit.ts";
import { abilitiesOf } from "../keys/summary.ts";
import { KeyFacts, LeadFacts } from "./facts.tsx";
import { FirstRequest } from "./first-request.tsx";
import { canWrite, showTab } from "./frame.tsx";
import { KeyUsage, Limits, UnusedScopes } from "./usage.tsx";

const USAGE_DAYS = 30;
const LEAD_DAYS = 7;
const ADVICE_DAYS = 90;

export const keyPage = new Hono<ConsoleEnv>().get("/keys/:id", (c) =>
  showTab(c, "", async (key) => ({ content: await overviewOf(c, key) })),
);

async function overviewOf(c: Visit, key: ManagedKey) {
  const { control, visitor } = c.var;
  const { caller } = visitor;
  const { id, organizationId } = key;
  const now = control.now();
  const period = lastOf(USAGE_DAYS, "day", now);
  const wanted = { organizationId, keyId: id, from: period.from, to: period.to };
  const earlier = before(period);
  const [used, record, workspaces, members, limits, usage, previous, advice] = await Promise.all([
    withLastUse(control, key),
    readKeyRecord(control.db, key.environment, id),
    workspacesOf(c, key.workspaceIds),
    membersOf(c),
    readLimits(control, caller, id),
    readUsage(control, caller, { ...wanted, groupBy: ["day", "outcome"] }),
    isKept(earlier, control)
      ? readUsage(control, caller, { ...wanted, from: earlier.from, to: earlier.to, groupBy: ["day", "outcome"] })
      : [],
    adviseOnScopes(control, caller, id, ADVICE_DAYS),
  ]);
  const memberName = await memberNames(c, members, key.memberId ? [key.memberId] : []);
  const workspaceName = namesIn([workspaces]);
  const reason = (record && statusReasonOf(record, control.gateway, now)) ?? null;
  const facts = { record, now, workspaceName, canChange: canWrite(c, key) };
  const leadFrom = lastOf(LEAD_DAYS, "day", now).from;
  const requests = isRefusal(usage)
    ? undefined
    : usage.reduce((sum, { group, requests }) => sum + (Number(group.day) < leadFrom ? 0 : requests), 0);
  return (
    <>
      {used.lastUsedAt === null && reason === null && <FirstRequest keyId={id} check={`/keys/${id}`} />}
      <LeadFacts keyOf={used} {...{ reason, requests, now, memberName }} />
      <div class="columns main">
        <section class="sheet">
          <h2>{reason ? "What it does now" : "What it can do"}</h2>
          <ul>
            {record && abilitiesOf(record, control.gateway, workspaceName, now).map((sentence) => <li>{sentence}</li>)}
          </ul>
          <KeyFacts keyOf={used} {...facts} />
        </section>
        <div>
          <section class="sheet">
            <h2>Limits now</h2>
            <Part of={limits}>{(found) => <Limits limits={found} isOwnPlan={key.plan !== null} />}</Part>
          </section>
          {!isUsedOtherwise(advice, used, now) && (
            <section class="sheet">
              <h2>Scopes it does not need</h2>
              <Part of={advice}>{(found) => <UnusedScopes advice={found} days={ADVICE_DAYS} />}</Part>
            </section>
          )}
        </div>
      </div>
      <section class="sheet">
        <div class="head tight">
          <h2>Use in the last {USAGE_DAYS} days</h2>
          <a href={`/keys/${id}/usage.csv?days=${USAGE_DAYS}`}>Export as CSV</a>
        </div>
        <Part of={usage}>{(sums) => <KeyUsage keyId={id} sums={sums} previous={previous} period={period} />}</Part>
      </section>
    </>
  );
}

/** Whether it was used while no use of any scope is known, so that nothing can be said of them. */
function isUsedOtherwise(advice: Advice | Refusal, { lastUsedAt }: ManagedKey, now: number): boolean {
  if (isRefusal(advice) || advice.unused.length === 0 || lastUsedAt === null) return false;
  return advice.unused.length === advice.scopes.length && lastUsedAt > now - ADVICE_DAYS * DAY_MS;
}
