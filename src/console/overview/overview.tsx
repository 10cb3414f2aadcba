/** The first page: how the organization's keys are used, and what needs attention. */

import { Hono } from "hono/tiny";
import { listKeysFor } from "../../control/keys/list.ts";
import { readKeyQuota } from "../../control/keys/quota.ts";
import { readUsage } from "../../control/keys/usage.ts";
import { readLatency, seesLatency } from "../../control/traffic/latency.ts";
import { firstHour, HOURS_DAYS } from "../../domain/usage-sums.ts";
import { isRefusal } from "../../errors.ts";
import { sessionToken } from "../../management/session.ts";
import { Chart } from "../frame/chart.tsx";
import { Options } from "../frame/fields.tsx";
import { requireVisitor } from "../frame/guard.ts";
import { show } from "../frame/layout.tsx";
import { Part } from "../frame/parts.tsx";
import { before, isKept, lastDays } from "../frame/period.ts";
import { managesKeys } from "../frame/places.ts";
import { TOP } from "../frame/ranks.tsx";
import { showSignedOut } from "../frame/signed-out.tsx";
import type { ConsoleEnv, Visit } from "../frame/visit.ts";
import { number } from "../frame/words.ts";
import { Latencies } from "./latency.tsx";
import { Answers, Expiring, Figures } from "./parts.tsx";
import { Environments, Refusals, TopKeys, TopRoutes } from "./rankings.tsx";

const SPANS = [
  ["1", "24 hours"],
  ["7", "7 days"],
  ["30", "30 days"],
  ["90", "90 days"],
] as const;

export const overview = new Hono<ConsoleEnv>().get(
  "/",
  async (c, next) => (sessionToken(c.req.raw) === undefined ? showSignedOut(c, undefined) : next()),
  requireVisitor,
  async (c) => {
    const { standing } = c.var.visitor.caller;
    const hasKeys = standing.kind === "member" && managesKeys(standing);
    const canLook = hasKeys && standing.scopes.has("usage:read");
    return canLook ? showOverview(c) : showWelcome(c, hasKeys);
  },
);

function showWelcome(c: Visit, hasKeys: boolean) {
  const { member, organization } = c.var.visitor.session;
  return show(
    c,
    { title: "Overview" },
    <>
      <h1>Hello, {member.name}</h1>
      <p>
        You are signed in to <strong>{organization.name}</strong> as <strong>{member.role}</strong>.{" "}
        {hasKeys ? (
          <>
            This role manages <a href="/keys">API keys</a>, but cannot see how they are used.
          </>
        ) : (
          <>
            This role manages no keys. If you need one, <a href="/key-requests/new">request a key</a>.
          </>
        )}
      </p>
      <p>
        The <a href="/guide">guide</a> explains how to call the API.
      </p>
    </>,
  );
}

async function showOverview(c: Visit) {
  const { control, visitor } = c.var;
  const { organizationId } = visitor.session;
  const chosen = c.req.query("days") ?? "7";
  const spans = SPANS.filter(([span]) => Number(span) <= control.gateway.retention.usageDays);
  const days = Number(spans.some(([span]) => span === chosen) ? chosen : "7");
  const named = c.req.query("environment") ?? "";
  const environment = Object.hasOwn(control.gateway.environments, named) ? named : undefined;
  const now = control.now();
  const period = lastDays(days, now);
  const { by, from, to } = period;
  const wanted = { organizationId, environment, from, to };
  const counted = { ...wanted, onlyRequests: true };
  const { caller } = visitor;
  const earlier = before(period);
  const isLonger = from < firstHour(now);
  const kept = isLonger ? firstHour(now) : from;
  const [usage, previous, routes, keys, expiring, quota, latency] = await Promise.all([
    readUsage(control, caller, { ...wanted, groupBy: [by, "environment", "outcome"] }),
    isKept(earlier, control)
      ? readUsage(control, caller, { ...counted, from: earlier.from, to: earlier.to, groupBy: [by, "outcome"] })
      : [],
    readUsage(control, caller, { ...counted, groupBy: ["route"] }),
    readUsage(control, caller, { ...counted, groupBy: ["key"], top: { by: "requests", count: TOP } }),
    listKeysFor(control, caller, { organizationId, environment, status: "active" }, "expires_at", {
      limit: 5,
      after: undefined,
    }),
    readKeyQuota(control, caller, organizationId),
    seesLatency(caller.standing)
      ? readLatency(control, caller, { ...wanted, from: kept, groupBy: ["environment"] })
      : undefined,
  ]);
  const sumsBefore = isRefusal(previous) ? [] : previous;
  return show(
    c,
    { title: "Overview" },
    <>
      <div class="head">
        <div>
          <h1>Overview</h1>
          <p>{visitor.session.organization.name}. Numbers are some ten seconds behind; days are in UTC.</p>
        </div>
        <Span c={c} spans={spans} days={String(days)} environment={environment ?? ""} />
      </div>
      <Part of={usage}>{(sums) => <Figures sums={sums} period={period} previous={sumsBefore} />}</Part>
      <section class="sheet">
        <div class="head tight">
          <h2>Requests over time</h2>
          <a href={`/keys/usage.csv?${new URLSearchParams({ days: String(days), environment: environment ?? "" })}`}>
            Export as CSV
          </a>
        </div>
        <Part of={usage}>
          {(sums) => <Chart sums={sums} period={period} previous={sumsBefore} label={`Requests by ${by}`} />}
        </Part>
      </section>
      <div class="columns">
        <div>
          <section class="sheet">
            <h2>Refusals by reason</h2>
            <Part of={usage}>{(sums) => <Refusals sums={sums} environment={environment} />}</Part>
          </section>
          <section class="sheet">
            <h2>Answers of the origin</h2>
            <Part of={usage}>{(sums) => <Answers sums={sums} />}</Part>
          </section>
          {latency && (
            <section class="sheet">
              <h2>Latency{isLonger ? ` of the last ${HOURS_DAYS} days` : ""}</h2>
              <Part of={latency}>{(sums) => <Latencies c={c} sums={sums} />}</Part>
            </section>
          )}
          <section class="sheet">
            <h2>Top keys</h2>
            <Part of={keys}>{(sums) => <TopKeys c={c} sums={sums} />}</Part>
          </section>
          <section class="sheet">
            <h2>Key quota</h2>
            <Part of={quota}>
              {({ used, limit }) => (
                <>
                  <label for="quota">
                    {number(used)} of {number(limit)} used
                  </label>
                  <meter id="quota" min={0} max={Math.max(limit, 1)} high={limit * 0.9} optimum={0} value={used} />
                </>
              )}
            </Part>
          </section>
        </div>
        <div>
          <section class="sheet">
            <h2>By environment</h2>
            <Part of={usage}>{(sums) => <Environments c={c} sums={sums} days={String(days)} />}</Part>
          </section>
          <section class="sheet">
            <h2>Top routes</h2>
            <Part of={routes}>{(sums) => <TopRoutes sums={sums} environment={environment} />}</Part>
          </section>
          <section class="sheet">
            <h2>Keys that expire within 30 days</h2>
            <Part of={expiring}>{(page) => <Expiring c={c} page={page} environment={environment} now={now} />}</Part>
          </section>
        </div>
      </div>
    </>,
  );
}

interface SpanProps {
  readonly c: Visit;
  readonly spans: readonly (readonly [days: string, name: string])[];
  readonly days: string;
  readonly environment: string;
}

function Span({ c, spans, days, environment }: SpanProps) {
  const environments = Object.keys(c.var.control.gateway.environments).map((name) => [name, name] as const);
  return (
    <form class="actions" action="/">
      <label for="environment" class="unseen">
        Environment
      </label>
      <div>
        <select id="environment" name="environment">
          <Options options={[["", "all environments"], ...environments]} chosen={environment} />
        </select>
      </div>
      <label for="days" class="unseen">
        Time
      </label>
      <div>
        <select id="days" name="days">
          <Options options={spans} chosen={days} />
        </select>
      </div>
      <button type="submit" class="quiet">
        Show
      </button>
    </form>
  );
}
