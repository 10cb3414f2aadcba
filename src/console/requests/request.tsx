/** One finished request: why it was decided as it was, what would be decided now, and what fixes it. */

import { Hono } from "hono/tiny";
import { findKey } from "../../control/access.ts";
import { type ExplainedPast, explainRequest } from "../../control/requests/explain.ts";
import type { FoundRequest } from "../../domain/kept-request.ts";
import { isRefusal } from "../../errors.ts";
import type { ManagedKey } from "../../records/key.ts";
import { Crumbs } from "../frame/ask.tsx";
import { show } from "../frame/layout.tsx";
import { Copied, EnvironmentBadge, Facts, Moment } from "../frame/parts.tsx";
import { showRefusal } from "../frame/refusal-page.tsx";
import type { ConsoleEnv, Visit } from "../frame/visit.ts";
import { ErrorCode } from "../key/usage.tsx";
import { Decision, Fixes, Steps } from "./decision.tsx";
import { type Fix, fixesOf } from "./fixes.ts";
import { lineOf } from "./table.tsx";

export const requestPage = new Hono<ConsoleEnv>().get("/requests/:id", async (c) => {
  const { control, visitor } = c.var;
  const past = await explainRequest(control, visitor.caller, c.req.param("id"));
  if (isRefusal(past)) return showRefusal(c, past);
  const { request } = past;
  const found =
    request.keyId === null ? undefined : await findKey(control, visitor.caller, request.keyId, "api_keys:read");
  const key = isRefusal(found) ? undefined : found;
  const crumbs = [{ path: "/requests", name: "Requests" }];
  return show(
    c,
    { title: `Request ${request.id}` },
    <>
      <Crumbs crumbs={key ? [...crumbs, { path: `/keys/${key.id}/requests`, name: key.name }] : crumbs} />
      <h1>{lineOf(request)}</h1>
      <Verdict past={past} fixes={await fixesNow(c, key, past)} keyOf={key} />
      <RequestFacts c={c} of={request} keyOf={key} />
    </>,
  );
});

/** What is fixed already needs nothing. */
async function fixesNow(
  c: Visit,
  key: ManagedKey | undefined,
  { request, decided, now }: ExplainedPast,
): Promise<Fix[]> {
  if (now?.decision.allowed) return [];
  return fixesOf(c, key, now ?? { decision: decided, requiredScope: null, lackingIn: [] }, request);
}

interface VerdictProps {
  readonly past: ExplainedPast;
  readonly fixes: readonly Fix[];
  readonly keyOf: ManagedKey | undefined;
}

function Verdict({ past: { decided, now, assumed, change }, fixes, keyOf: key }: VerdictProps) {
  const { allowed, status, detail, code } = decided;
  const isSame = now?.decision.code === code;
  return (
    <>
      <section class="sheet">
        <div class={`notice ${allowed ? "good" : "bad"}`}>
          <p>
            <strong>{allowed ? "Allowed." : `Refused with ${status}.`}</strong> {detail}{" "}
            {code && <ErrorCode code={code} />}
          </p>
        </div>
        <h2>What to change</h2>
        <ul>
          {change.map((sentence) => (
            <li>{key ? sentence.replaceAll(key.id, `“${key.name}”`) : sentence}</li>
          ))}
        </ul>
        <Fixes fixes={fixes} isListed />
        {!now && <p class="hint">What would be decided now is not known. {assumed}</p>}
        {now && isSame && (
          <>
            <p class="hint">The answer would be the same now. {assumed}</p>
            <Steps steps={now.steps} />
          </>
        )}
      </section>
      {now && !isSame && (
        <>
          <h2>What would be decided now</h2>
          <p class="hint">{assumed}</p>
          <Decision explanation={now} fixes={[]} />
        </>
      )}
    </>
  );
}

interface RequestFactsProps {
  readonly c: Visit;
  readonly of: FoundRequest;
  readonly keyOf: ManagedKey | undefined;
}

function RequestFacts({ c, of: request, keyOf: key }: RequestFactsProps) {
  const { id, at, environment, status, clientAddress, origin, originStatus, gatewayMs, originMs, traceId } = request;
  const { gateway } = c.var.control;
  return (
    <section class="sheet">
      <h2>The request</h2>
      <Facts
        facts={[
          ["Id", <Copied id="request-id" label="the id" text={id} />],
          ...(id === `req_${traceId}`
            ? []
            : [["Trace", <Copied id="trace-id" label="the trace" text={traceId} />] as const]),
          ["Time", <Moment at={at} />],
          ...(key ? [["Key", <a href={`/keys/${key.id}`}>{key.name}</a>] as const] : []),
          ...(environment === null
            ? []
            : [["Environment", <EnvironmentBadge name={environment} gateway={gateway} />] as const]),
          ["Status", status],
          ...(clientAddress === null ? [] : [["Client", clientAddress] as const]),
          ...(origin === null
            ? []
            : [["Origin", `${origin}${originStatus === null ? "" : `, answered ${originStatus}`}`] as const]),
          ["Time taken", `${gatewayMs} ms in the gateway${originMs === null ? "" : `, ${originMs} ms at the origin`}`],
        ]}
      />
    </section>
  );
}
