/** The latest requests of a key, and why one of them was decided as it was. */

import { Hono } from "hono/tiny";
import { findKey } from "../../control/access.ts";
import { type ExplainedPast, explainRequest } from "../../control/requests/explain.ts";
import type { FoundRequest } from "../../domain/kept-request.ts";
import { type Code, ERRORS, isRefusal } from "../../errors.ts";
import { show } from "../frame/layout.tsx";
import { Facts, Moment, Table } from "../frame/parts.tsx";
import { showRefusal } from "../frame/refusal-page.tsx";
import type { ConsoleEnv } from "../frame/visit.ts";
import { Decision } from "./trial.tsx";
import { ErrorCode } from "./usage.tsx";

export const LATEST_REQUESTS = 20;

/** `requests`: of this key. */
export function KeyRequests({ keyId, requests }: { keyId: string; requests: readonly FoundRequest[] }) {
  if (requests.length === 0) return <p class="faint">None are kept.</p>;
  return (
    <Table
      caption="Latest requests"
      rows={requests}
      columns={[
        { label: "Time", cell: ({ at }) => <Moment at={at} /> },
        { label: "Request", cell: (request) => <code>{lineOf(request)}</code> },
        { label: "Answer", cell: (request) => <Answer of={request} /> },
        {
          label: "Why",
          cell: ({ id }) => (
            <a href={`/keys/${keyId}/requests/${id}`}>
              explain this<span class="unseen"> request {id}</span>
            </a>
          ),
        },
      ]}
    />
  );
}

export const requestPages = new Hono<ConsoleEnv>().get("/keys/:id/requests/:request", async (c) => {
  const { control, visitor } = c.var;
  const key = await findKey(control, visitor.caller, c.req.param("id"), "api_keys:read");
  if (isRefusal(key)) return showRefusal(c, key);
  const past = await explainRequest(control, visitor.caller, c.req.param("request"));
  if (isRefusal(past)) return showRefusal(c, past);
  if (past.request.keyId !== key.id) return showRefusal(c, { code: "not_found", problem: NO_REQUEST });
  return show(
    c,
    { title: "Request" },
    <>
      <p class="crumb">
        <a href="/keys">API keys</a> › <a href={`/keys/${key.id}`}>{key.name}</a>
      </p>
      <h1>{lineOf(past.request)}</h1>
      <Past past={past} />
    </>,
  );
});

const NO_REQUEST = "There is no request with this id.";

function Past({ past: { request, decided, now, assumed, change } }: { past: ExplainedPast }) {
  return (
    <>
      <section class="sheet">
        <h2>Then</h2>
        <div class={`notice ${decided.allowed ? "good" : "bad"}`}>
          <p>
            <strong>{decided.allowed ? "Allowed." : `Refused with ${decided.status}.`}</strong> {decided.detail}
          </p>
          {decided.code && (
            <p>
              <ErrorCode code={decided.code} />
            </p>
          )}
        </div>
        <RequestFacts of={request} />
      </section>
      <section class="sheet">
        <h2>What to change</h2>
        <ul>
          {change.map((sentence) => (
            <li>{sentence}</li>
          ))}
        </ul>
      </section>
      <h2>Now</h2>
      <p class="hint">{assumed}</p>
      {now && <Decision explanation={now} />}
    </>
  );
}

function RequestFacts({ of: request }: { of: FoundRequest }) {
  const { id, at, environment, status, clientAddress, origin, originStatus, gatewayMs, originMs, traceId } = request;
  return (
    <Facts
      facts={[
        ["Time", <Moment at={at} />],
        ...(environment === null ? [] : [["Environment", environment] as const]),
        ["Status", status],
        ...(clientAddress === null ? [] : [["Client", clientAddress] as const]),
        ...(origin === null
          ? []
          : [["Origin", `${origin}${originStatus === null ? "" : `, answered ${originStatus}`}`] as const]),
        ["Time taken", `${gatewayMs} ms in the gateway${originMs === null ? "" : `, ${originMs} ms at the origin`}`],
        ["Trace", <code>{traceId}</code>],
        ["Id", <code>{id}</code>],
      ]}
    />
  );
}

function Answer({ of: { status, reason, origin } }: { of: FoundRequest }) {
  if (reason === null) return `${status}${origin === null ? "" : ` from ${origin}`}`;
  return (
    <>
      {status} {Object.hasOwn(ERRORS, reason) ? <ErrorCode code={reason as Code} /> : <code>{reason}</code>}
    </>
  );
}

function lineOf({ method, path, route }: FoundRequest): string {
  return `${method} ${path ?? (route || "no route")}`;
}
