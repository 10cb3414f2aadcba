/** The page of one key. */

import { Hono } from "hono/tiny";
import { findKey, requireScope } from "../../control/access.ts";
import { sampleCall } from "../../control/explain/sample-call.ts";
import { adviseOnScopes } from "../../control/keys/advise.ts";
import { withLastUse } from "../../control/keys/last-use.ts";
import { readAllLimits } from "../../control/keys/limits.ts";
import { readUsage } from "../../control/keys/usage.ts";
import { readAudit } from "../../control/operate/read-audit.ts";
import { listRequests } from "../../control/requests/find.ts";
import { DAY_MS } from "../../domain/durations.ts";
import type { KeyRecord } from "../../domain/key.ts";
import { type StatusReason, statusReasonOf } from "../../domain/key-status.ts";
import { isRefusal } from "../../errors.ts";
import { type ManagedKey, statusOf, workingSecretsOf } from "../../records/key.ts";
import { readKeyRecord } from "../../store/key-records.ts";
import { History } from "../audit/table.tsx";
import { memberNames, membersOf, type NameOf, namesIn, workspacesOf } from "../frame/directory.ts";
import { Done } from "../frame/done.tsx";
import { show } from "../frame/layout.tsx";
import { Ago, Day, EnvironmentBadge, Expiry, Facts, Moment, Part, StatusBadge } from "../frame/parts.tsx";
import { lastOf } from "../frame/period.ts";
import { showRefusal } from "../frame/refusal-page.tsx";
import type { ConsoleEnv, Visit } from "../frame/visit.ts";
import { listOf, PERMISSION_WORDS } from "../frame/words.ts";
import { KeyRequests, LATEST_REQUESTS } from "./requests.tsx";
import { summaryOf } from "./summary.ts";
import { Trial } from "./trial.tsx";
import { typedFacts } from "./typed-fields.tsx";
import { KeyUsage, Limits, UnusedScopes } from "./usage.tsx";

const USAGE_DAYS = 30;
const ADVICE_DAYS = 90;

export const keyPage = new Hono<ConsoleEnv>().get("/keys/:id", async (c) => {
  const { control, visitor } = c.var;
  const { caller } = visitor;
  const key = await findKey(control, caller, c.req.param("id"), "api_keys:read");
  if (isRefusal(key)) return showRefusal(c, key);
  const { id, organizationId } = key;
  const now = control.now();
  const period = lastOf(USAGE_DAYS, "day", now);
  const wanted = { organizationId, keyId: id, from: period.from, to: period.to };
  const [used, record, workspaces, members, limits, events, usage, refusals, advice, requests] = await Promise.all([
    withLastUse(control, key),
    readKeyRecord(control.db, key.environment, id),
    workspacesOf(c),
    membersOf(c),
    readAllLimits(control, caller, id),
    readAudit(control, caller, { organizationId, target: id }, { limit: 20, after: undefined }),
    readUsage(control, caller, { ...wanted, groupBy: ["day", "outcome"] }),
    readUsage(control, caller, { ...wanted, from: now - 7 * DAY_MS, groupBy: ["hour", "outcome", "route"] }),
    adviseOnScopes(control, caller, id, ADVICE_DAYS),
    listRequests(control, caller, { keyId: id }, { limit: LATEST_REQUESTS, after: undefined }).catch(
      () => ({ code: "authority_unavailable" }) as const,
    ),
  ]);
  const actors = isRefusal(events) ? [] : events.items.map(({ actor }) => actor);
  const memberName = await memberNames(c, members, [...actors, ...(key.memberId ? [key.memberId] : [])]);
  const workspaceName = namesIn([workspaces]);
  const reason = record && statusReasonOf(record, control.gateway, now);
  return show(
    c,
    { title: key.name },
    <>
      <p class="crumb">
        <a href="/keys">API keys</a>
      </p>
      <Done c={c} />
      <Head c={c} keyOf={key} />
      <div class="columns main">
        <div>
          <section class="sheet">
            <h2>{reason ? "What it does now" : "What it can do"}</h2>
            <ul>
              {record && summaryOf(record, control.gateway, workspaceName, now).map((sentence) => <li>{sentence}</li>)}
            </ul>
            <KeyFacts
              keyOf={used}
              canEnd={canWrite(c, key)}
              record={record}
              reason={reason ?? null}
              now={now}
              memberName={memberName}
              workspaceName={workspaceName}
            />
          </section>
          <section class="sheet">
            <h2>Use in the last {USAGE_DAYS} days</h2>
            <Part of={usage}>{(sums) => <KeyUsage sums={sums} refusals={refusals} period={period} />}</Part>
          </section>
          <section class="sheet">
            <h2>Latest requests</h2>
            <Part of={requests}>{({ items }) => <KeyRequests keyId={id} requests={items} />}</Part>
          </section>
          <section class="sheet">
            <h2>History</h2>
            <Part of={events}>
              {({ items }) => <History events={items} nameOf={(one) => (one === id ? key.name : memberName(one))} />}
            </Part>
          </section>
        </div>
        <div>
          <section class="sheet">
            <h2>Limits now</h2>
            <Part of={limits}>{(found) => <Limits limits={found} isOwnPlan={key.plan !== null} />}</Part>
          </section>
          <section class="sheet">
            <h2>Scopes it does not need</h2>
            <Part of={advice}>{(found) => <UnusedScopes advice={found} days={ADVICE_DAYS} />}</Part>
          </section>
          <Trial keyId={id} url={record && sampleCall(record, control.gateway)} />
        </div>
      </div>
    </>,
  );
});

const canWrite = (c: Visit, key: ManagedKey) =>
  key.revokedAt === null &&
  key.expiresAt > c.var.control.now() &&
  requireScope(c.var.visitor.caller, "api_keys:write") === undefined;

function Head({ c, keyOf: key }: { c: Visit; keyOf: ManagedKey }) {
  const { control, visitor } = c.var;
  const path = `/keys/${key.id}`;
  const canRevoke = key.revokedAt === null && requireScope(visitor.caller, "api_keys:delete") === undefined;
  return (
    <div class="head">
      <div>
        <h1>{key.name}</h1>
        <div class="actions">
          <EnvironmentBadge name={key.environment} gateway={control.gateway} />
          <StatusBadge of={statusOf(key, control.gateway, control.now())} />
          <code>{key.hint}</code>
        </div>
        {key.description && <p>{key.description}</p>}
      </div>
      <div class="actions">
        {canWrite(c, key) && (
          <>
            <a class="button" href={`${path}/edit`}>
              Edit
            </a>
            <a class="button quiet" href={`${path}/rotate`}>
              Rotate
            </a>
            <a class="button quiet" href={`${path}/${key.disabledAt === null ? "disable" : "enable"}`}>
              {key.disabledAt === null ? "Disable" : "Enable"}
            </a>
          </>
        )}
        {canRevoke && (
          <a class="button grave" href={`${path}/revoke`}>
            Revoke
          </a>
        )}
      </div>
    </div>
  );
}

interface FactsProps {
  readonly keyOf: ManagedKey;
  /** Whether the visitor can end its old secrets. */
  readonly canEnd: boolean;
  readonly record: KeyRecord | undefined;
  /** Why it does not work now. */
  readonly reason: StatusReason | null;
  readonly now: number;
  readonly memberName: NameOf;
  readonly workspaceName: NameOf;
}

function KeyFacts({ keyOf: key, canEnd, record, reason, now, memberName, workspaceName }: FactsProps) {
  const [, ...older] = workingSecretsOf(key, now);
  return (
    <Facts
      facts={[
        [
          "Reach, as granted",
          key.reach === "organization" ? "all workspaces" : listOf(key.workspaceIds.map(workspaceName)),
        ],
        ["Permission, as granted", PERMISSION_WORDS[key.permission]],
        ["Scopes, as granted", key.scopes.map((scope) => <span class="scope">{scope}</span>)],
        ["Plan", key.plan ?? (record?.plan ? `${record.plan}, its organization's` : "none")],
        ...typedFacts(key),
        ["Created by", key.memberId ? memberName(key.memberId) : "no member"],
        ["Created", <Moment at={key.createdAt} />],
        ["Last used", <Ago at={key.lastUsedAt} now={now} />],
        ...endOf(key, reason, now),
        ...older.map(
          (secret) =>
            [
              "Old secret",
              <>
                <code>{secret.hint}</code>{" "}
                {secret.expiresAt && (
                  <>
                    until <Moment at={secret.expiresAt} />
                  </>
                )}{" "}
                {canEnd && (
                  <a href={`/keys/${key.id}/secrets/${secret.id}/end`}>
                    End<span class="unseen"> the secret {secret.hint}</span>
                  </a>
                )}
              </>,
            ] as const,
        ),
        ...(key.disabledAt === null ? [] : [["Disabled", <Moment at={key.disabledAt} />] as const]),
        ...(key.revokedAt === null ? [] : [["Revoked", <Moment at={key.revokedAt} />] as const]),
        ["Id", <code>{key.id}</code>],
      ]}
    />
  );
}

/** A key that does not work says no day until which it does. */
function endOf({ expiresAt }: ManagedKey, reason: StatusReason | null, now: number) {
  if (!reason) return [["Expires", <Expiry at={expiresAt} now={now} />] as const];
  if (reason === "key_expired") return [["Expired", <Moment at={expiresAt} />] as const];
  return reason === "key_revoked" ? [] : [["Latest expiry, if it works again", <Day at={expiresAt} />] as const];
}
