/** Finished requests as rows. Each leads to its explanation. */

import type { Gateway } from "../../config/compile.ts";
import type { FoundRequest } from "../../domain/kept-request.ts";
import { type Code, ERRORS } from "../../errors.ts";
import type { NameOf } from "../frame/directory.ts";
import { Day, EnvironmentBadge, Table } from "../frame/parts.tsx";
import { dayOf, number } from "../frame/words.ts";
import { ErrorCode } from "../key/usage.tsx";

interface Props {
  readonly requests: readonly FoundRequest[];
  readonly now: number;
  /** Of keys; `undefined` if all are of one. */
  readonly nameOf: NameOf | undefined;
  readonly gateway: Gateway;
}

export function RequestTable({ requests, now, nameOf, gateway }: Props) {
  return (
    <div class="log">
      <Table
        caption="Requests"
        size="some"
        rows={requests}
        columns={[
          { label: "Time (UTC)", cell: ({ at }) => <Day at={at} words={clockOf(at, now)} /> },
          {
            label: "Request",
            cell: (request) => (
              <a href={`/requests/${request.id}`}>
                <code>{lineOf(request)}</code>
                <span class="unseen">, explain the request {request.id}</span>
              </a>
            ),
          },
          { label: "Answer", cell: (request) => <Answer of={request} /> },
          ...(nameOf
            ? [{ label: "Key", cell: (request: FoundRequest) => <KeyLink {...{ request, nameOf, gateway }} /> }]
            : []),
          {
            label: "Took",
            isNumber: true,
            cell: ({ gatewayMs, originMs }) => `${number(gatewayMs + (originMs ?? 0))} ms`,
          },
        ]}
      />
    </div>
  );
}

interface KeyLinkProps extends Pick<Props, "gateway"> {
  readonly request: FoundRequest;
  readonly nameOf: NameOf;
}

function KeyLink({ request: { keyId, environment }, nameOf, gateway }: KeyLinkProps) {
  return (
    <>
      {keyId === null ? "none" : <a href={`/keys/${keyId}`}>{nameOf(keyId)}</a>}{" "}
      {environment !== null && <EnvironmentBadge name={environment} gateway={gateway} />}
    </>
  );
}

function Answer({ of: { status, reason, origin } }: { of: FoundRequest }) {
  const isGood = reason === null && status < 400;
  return (
    <>
      <span class={`status ${isGood ? "passed" : status === 429 ? "blocked" : "refused"}`}>{status}</span>{" "}
      {reason === null ? (
        origin !== null && !isGood && `from ${origin}`
      ) : Object.hasOwn(ERRORS, reason) ? (
        <ErrorCode code={reason as Code} />
      ) : (
        <code>{reason}</code>
      )}
    </>
  );
}

export function lineOf({ method, path, route }: FoundRequest): string {
  return `${method} ${path ?? (route || "no route")}`;
}

/** "08:01:22", and the day if it is another one. */
function clockOf(at: number, now: number): string {
  const time = new Date(at).toISOString().slice(11, 19);
  return dayOf(at) === dayOf(now) ? time : `${dayOf(at).replace(/ \d{4}$/, "")}, ${time}`;
}
