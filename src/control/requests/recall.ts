/** What was decided about a finished request, in the words of today. */

import type { KeptRequest } from "../../domain/kept-request.ts";
import { NARROWINGS, type Narrowing } from "../../domain/rights.ts";
import { type Code, ERRORS, isRefusal, type Refusal } from "../../errors.ts";
import { type Decision, decide } from "../explain/explanation.ts";

export function decisionThen(request: KeptRequest): Decision {
  const { reason, status, origin, originStatus, traceId } = request;
  if (reason !== null) return { ...decisionOf(request, reason), status };
  if (origin === null) return { ...ALLOWED, status, detail: "The gateway answered the request itself." };
  const answered = `The gateway forwarded the request to the origin ${origin}, which answered ${originStatus ?? status}.`;
  const fix = status < 400 ? null : `Look for the trace ${traceId}, or for the request's id, in the logs of ${origin}.`;
  return { ...ALLOWED, status, detail: answered, fix };
}

const ALLOWED = { allowed: true, code: null, fix: null };

function decisionOf(request: KeptRequest, code: string): Decision {
  // Of another version of the gateway.
  if (!isRefusal({ code })) return { allowed: false, status: request.status, code: null, detail: code, fix: null };
  const refusal = recalled(request, code as Code);
  if (refusal) return decide(refusal, ALLOWED_NEVER);
  const { status, meaning, fix } = ERRORS[code as Code];
  return { allowed: false, status, code: code as Code, detail: meaning, fix };
}

const ALLOWED_NEVER = { status: null, detail: "" };

/** With the members that the log has of it; `undefined` if it lacks some. */
function recalled({ members, clientAddress }: KeptRequest, code: Code): Refusal | undefined {
  const text = (name: string) => (typeof members[name] === "string" ? (members[name] as string) : undefined);
  const number = (name: string) => (typeof members[name] === "number" ? (members[name] as number) : undefined);
  const list = (name: string) => (Array.isArray(members[name]) ? members[name].map(String) : []);
  const all = <T extends Record<string, unknown>>(needed: T) =>
    Object.values(needed).some((value) => value === undefined)
      ? undefined
      : ({ code, ...needed } as unknown as Refusal);
  switch (code) {
    case "credentials_malformed":
    case "path_ambiguous":
    case "query_ambiguous":
    case "websocket_handshake_invalid":
      return all({ problem: text("problem") });
    case "target_forbidden":
      return all({ field: text("field"), problem: text("problem") });
    case "address_forbidden":
      return all({ address: clientAddress ?? undefined });
    case "workspace_forbidden":
      return all({ workspace: text("workspace") });
    case "method_not_allowed":
      return all({ allow: list("allow") });
    case "scope_missing":
      return all({
        required: list("required_scopes")[0],
        effective: [],
        lacking: list("lacking_in").filter(isNarrowing),
      });
    case "rate_exceeded":
    case "quota_exceeded":
      return all({ policy: list("violated_policies")[0], retryAfterMs: number("retry_after_ms") });
    case "url_too_long":
    case "body_too_large":
      return all({ limit: number("limit") });
    case "request_timeout":
    case "origin_timeout":
      return all({ seconds: number("timeout_seconds") });
    case "plan_unknown":
      return all({ plan: text("plan") });
    default:
      return ERRORS[code].detail === undefined ? all({}) : undefined;
  }
}

const isNarrowing = (name: string): name is Narrowing => (NARROWINGS as readonly string[]).includes(name);
