/** What was decided about a finished request, in the words of today. */

import type { KeptRequest } from "../../domain/kept-request.ts";
import { ERRORS, isRefusal } from "../../errors.ts";
import { type Decision, decide } from "../explain/explanation.ts";

export function decisionThen(request: KeptRequest): Decision {
  const { reason, status, origin, originStatus, traceId } = request;
  if (reason !== null) return { ...decisionOf(request, reason), status };
  const allowed = { allowed: true, status, code: null };
  if (origin === null) return { ...allowed, detail: "The gateway answered the request itself.", fix: null };
  const detail = `The gateway forwarded the request to the origin ${origin}, which answered ${originStatus ?? status}.`;
  const fix = status < 400 ? null : `Look for the trace ${traceId}, or for the request's id, in the logs of ${origin}.`;
  return { ...allowed, detail, fix };
}

function decisionOf(request: KeptRequest, code: string): Omit<Decision, "status"> {
  const refusal = recalled(request, code);
  // Of another version of the gateway.
  if (!isRefusal(refusal)) return { allowed: false, code: null, detail: code, fix: null };
  try {
    return decide(refusal, NEVER);
  } catch {
    // What its words need was not kept.
    const { meaning: detail, fix } = ERRORS[refusal.code];
    return { allowed: false, code: refusal.code, detail, fix };
  }
}

const NEVER = { status: null, detail: "" };

/** The refusal from what the log has of it. Throws if something is read that the log does not have. */
function recalled({ members: kept, clientAddress }: KeptRequest, code: string): unknown {
  const first = (value: unknown) => (Array.isArray(value) ? value[0] : undefined);
  const members: Record<PropertyKey, unknown> = {
    ...kept,
    code,
    address: clientAddress,
    required: first(kept.required_scopes),
    lacking: kept.lacking_in,
    effective: [],
    policy: first(kept.violated_policies),
    retryAfterMs: kept.retry_after_ms,
    seconds: kept.timeout_seconds,
  };
  return new Proxy(members, {
    get(known, name) {
      const value = known[name];
      if (value === undefined || value === null) throw new Error(`the log has no ${String(name)}`);
      return value;
    },
  });
}
