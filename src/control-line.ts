/** What is known of a request to the control plane when it is answered: its line in the log. */

import type { Gateway } from "./config/compile.ts";
import type { Caller } from "./control/control.ts";
import { type ControlLine, LOG_VERSION } from "./domain/log-line.ts";
import type { Refusal } from "./errors.ts";
import { clientOf } from "./gateway/edge.ts";
import { reasonMembers } from "./reason-members.ts";

export interface Answered {
  readonly request: Request;
  readonly requestId: string;
  /** As registered: paths can hold ids and one-time tokens. */
  readonly route: string;
  readonly operation: string | undefined;
  readonly status: number;
  readonly refusal: Refusal | undefined;
  readonly caller: Omit<Caller, "requestId"> | undefined;
  readonly begunAt: number;
  readonly endedAt: number;
}

export function controlLine(
  { request, requestId, route, operation, status, refusal, caller, begunAt, endedAt }: Answered,
  { loggedAddress }: Pick<Gateway, "loggedAddress">,
): ControlLine {
  const member = caller?.standing.kind === "member" ? caller.standing : undefined;
  return {
    version: LOG_VERSION,
    kind: "control",
    level: status >= 500 ? "error" : "info",
    time: begunAt,
    request_id: requestId,
    method: request.method,
    route,
    operation,
    status,
    reason: refusal?.code,
    reason_members: refusal && reasonMembers(refusal),
    actor: caller?.actor,
    via: caller && (caller.via === "root" ? "root" : member?.key ? "key" : "session"),
    key_id: member?.key?.id,
    organization_id: member?.organizationId,
    client_address: loggedAddress(clientOf(request)),
    control_ms: Math.max(0, endedAt - begunAt),
  };
}
