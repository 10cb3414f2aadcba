/** What those who manage keys can change, so that a request that was refused is allowed. */

import type { FoundRequest } from "../../domain/kept-request.ts";
import type { Narrowing } from "../../domain/rights.ts";
import type { Decision, Explanation } from "../explain/explanation.ts";

export function advise(request: FoundRequest, decided: Decision, now: Explanation | null): string[] {
  const current = now && !now.decision.allowed ? now.decision : undefined;
  if (now?.decision.allowed && !decided.allowed) {
    if (decided.code === "key_expired") return [OLD_SECRET];
    if (!PASSING.has(decided.code ?? "")) return ["Nothing: the gateway would allow the request now. Send it again."];
    return ["Nothing needs to change: send the request again.", ...(adviceOf(request, decided, now) ?? [])];
  }
  const decision = current ?? decided;
  if (decision.fix === null) return ["Nothing."];
  return adviceOf(request, decision, now) ?? [decision.fix];
}

const OLD_SECRET =
  "Use the newest secret of the key, which works. The request came with an older one, or the key's life was extended later.";

/** What ends by itself. */
const PASSING: ReadonlySet<string> = new Set([
  ...["rate_exceeded", "quota_exceeded", "origin_unreachable", "origin_timeout", "internal_error"],
  ...["key_store_unavailable", "authority_unavailable", "assertion_unavailable"],
]);

function adviceOf(request: FoundRequest, { code }: Decision, now: Explanation | null): string[] | undefined {
  const key = request.keyId ?? "the key";
  switch (code) {
    case "scope_missing": {
      const required = now?.requiredScope ?? listOf(request.members.required_scopes)[0] ?? "the scope";
      const lacking = now ? now.lackingIn : listOf(request.members.lacking_in);
      return lacking.map((set) => LACKING[set as Narrowing]?.(key, required) ?? `Give ${key} ${required}.`);
    }
    case "workspace_forbidden": {
      const { workspace } = request.members;
      return [
        `Add ${workspace ?? "the workspace of the request"} to the workspaces of ${key}, or use a key that reaches it.`,
      ];
    }
    case "address_forbidden":
      return [`Add ${request.clientAddress ?? "the client's address"} to the allowed addresses of ${key}.`];
    case "environment_mismatch":
      return [
        `Call ${now?.key?.baseUrl ?? "the base URL of the key's environment"}, or use a key of ${request.environment}.`,
      ];
    case "key_disabled":
      return [`Enable ${key}.`];
    case "key_expired":
      return [`Create a new key in place of ${key}. If ${key} was rotated, use its newest secret.`];
    case "key_revoked":
      return [`Create a new key in place of ${key}: a revocation is final.`];
    case "rate_exceeded":
    case "quota_exceeded":
      return [
        `If ${key} needs more, raise the limit ${listOf(request.members.violated_policies)[0] ?? ""} of its plan, or the key's own.`,
      ];
    default:
      return undefined;
  }
}

const LACKING: Record<Narrowing, (key: string, scope: string) => string> = {
  scopes: (key, scope) => `Add ${scope} to the scopes of ${key}.`,
  role: (key, scope) => `Give the member of ${key} a role that has ${scope}.`,
  permission: (key) => `Change the permission of ${key} from read-only to full-access.`,
  reach: (key, scope) =>
    `Use a key that reaches the whole organization instead of ${key}: others do not have ${scope}.`,
};

const listOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
