/** What the visitor can do about a refusal, each with one button. A change is reviewed before it is saved. */

import { requireScope } from "../../control/access.ts";
import type { Explanation } from "../../control/explain/explanation.ts";
import { checkGrant } from "../../control/keys/grants.ts";
import type { FoundRequest } from "../../domain/kept-request.ts";
import type { Policy } from "../../domain/rights.ts";
import { actionOf, expand } from "../../domain/scope.ts";
import type { Code } from "../../errors.ts";
import type { ManagedKey } from "../../records/key.ts";
import type { Visit } from "../frame/visit.ts";
import { listOf } from "../frame/words.ts";
import { canWrite } from "../key/frame.tsx";
import { formOf } from "../keys/edited.ts";

export interface Fix {
  readonly label: string;
  readonly path: string;
  /** A change of the key, as the form that reviews it. Without it, it is a link. */
  readonly change?: {
    readonly fields: readonly (readonly [name: string, value: string])[];
    readonly words: string;
    /** What else works then. */
    readonly opens: string;
  };
}

/** `request`: if it is about one that is over, what was kept of it. */
export async function fixesOf(
  c: Visit,
  key: ManagedKey | undefined,
  { decision, requiredScope, lackingIn }: Pick<Explanation, "decision" | "requiredScope" | "lackingIn">,
  request?: FoundRequest,
): Promise<Fix[]> {
  const { code } = decision;
  if (!key || code === null) return [];
  if (code === "key_revoked" || code === "key_expired") {
    return requireScope(c.var.visitor.caller, "api_keys:write") ? [] : [NEW_KEY];
  }
  if (code === "member_inactive" && key.memberId)
    return [{ label: "Look at its member", path: `/members/${key.memberId}` }];
  if (!canWrite(c, key)) return [];
  if (code === "key_disabled") return [{ label: "Enable the key…", path: `/keys/${key.id}/enable` }];
  if (code === "scope_missing" && lackingIn.includes("role") && key.memberId) {
    return [{ label: "Change its member's role", path: `/members/${key.memberId}` }];
  }
  const change = changeFor(code, { requiredScope, lackingIn, request });
  if (!change) return linksFor(code, key);
  const wanted = { ...key, ...change.of(key) };
  // Nobody is offered what would be refused.
  if (await checkGrant(c.var.control, c.var.visitor.caller, wanted)) return [];
  const { words } = change;
  const opens = change.opens(wanted, c.var.control.gateway.policy);
  const fields = [...formOf(wanted).entries(), ["intent", "review"] as const];
  return [{ label: "Review the change…", path: `/keys/${key.id}/edit`, change: { fields, words, opens } }];
}

/** Of scopes in one sentence. */
const MAX_NAMED = 6;
const NEW_KEY: Fix = { label: "Create a new key", path: "/keys/new" };

interface Known extends Pick<Explanation, "requiredScope" | "lackingIn"> {
  readonly request: FoundRequest | undefined;
}

interface Change {
  readonly words: string;
  readonly of: (key: ManagedKey) => Partial<ManagedKey>;
  /** What the changed key can do besides. */
  readonly opens: (wanted: ManagedKey, policy: Policy) => string;
}

function changeFor(code: Code, { requiredScope, lackingIn, request }: Known): Change | undefined {
  if (code === "scope_missing" && requiredScope !== null && !lackingIn.includes("reach")) {
    const isReadOnly = lackingIn.includes("permission");
    const isMissing = lackingIn.includes("scopes");
    const words = [...(isMissing ? [`add ${requiredScope}`] : []), ...(isReadOnly ? ["give it full access"] : [])].join(
      " and ",
    );
    return {
      words: `${words.charAt(0).toUpperCase()}${words.slice(1)}`,
      of: ({ scopes, permission }) => ({
        scopes: isMissing ? [...scopes, requiredScope] : scopes,
        permission: isReadOnly ? "full-access" : permission,
      }),
      opens: ({ scopes }, { resources, bundles }) => {
        const granted = [...expand(scopes, resources, bundles)];
        const others = granted.filter((scope) => scope !== requiredScope && actionOf(scope) !== "read");
        const also = others.length > MAX_NAMED ? `${others.length} more of its scopes` : listOf(others);
        const opened = isReadOnly && others.length > 0 ? `${requiredScope}, and also ${also}` : requiredScope;
        return `This allows every call that needs ${opened}.`;
      },
    };
  }
  const workspace = request?.members.workspace;
  if (code === "workspace_forbidden" && typeof workspace === "string") {
    return {
      words: "Add the workspace",
      of: ({ workspaceIds }) => ({ workspaceIds: [...workspaceIds, workspace] }),
      opens: () => "This allows every call there that the key can make elsewhere.",
    };
  }
  const address = request?.clientAddress;
  if (code === "address_forbidden" && address) {
    return {
      words: `Allow the address ${address}`,
      of: ({ allowedAddresses }) => ({ allowedAddresses: [...allowedAddresses, address] }),
      opens: () => "This allows everybody at this address to use the key, if they have it.",
    };
  }
  return undefined;
}

function linksFor(code: Code, { id, limits }: ManagedKey): Fix[] {
  const path = `/keys/${id}/edit`;
  if (code === "workspace_forbidden") return [{ label: "Change its workspaces", path: `${path}#workspace_ids` }];
  if (code === "address_forbidden") return [{ label: "Change its addresses", path: `${path}#allowed_addresses` }];
  const isLimit = code === "rate_exceeded" || code === "quota_exceeded";
  return isLimit && limits ? [{ label: "Change its limits", path: `${path}#rates` }] : [];
}
