/** What the visitor can do about a refusal, each with one button. A change is reviewed before it is saved. */

import { requireScope } from "../../control/access.ts";
import type { Explanation } from "../../control/explain/explanation.ts";
import { checkGrant } from "../../control/keys/grants.ts";
import type { FoundRequest } from "../../domain/kept-request.ts";
import type { Code } from "../../errors.ts";
import type { ManagedKey } from "../../records/key.ts";
import type { Visit } from "../frame/visit.ts";
import { canWrite } from "../key/frame.tsx";
import { formOf } from "../keys/edited.ts";

export interface Fix {
  readonly label: string;
  readonly path: string;
  /** Of a form; without them it is a link. */
  readonly fields?: readonly (readonly [name: string, value: string])[];
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
  const changes = changesFor(code, { requiredScope, lackingIn, request });
  if (!changes) return linksFor(code, key);
  const { label, ...change } = changes;
  const wanted = { ...key, ...change.of(key) };
  // Nobody is offered what would be refused.
  if (await checkGrant(c.var.control, c.var.visitor.caller, wanted)) return [];
  return [{ label, path: `/keys/${key.id}/edit`, fields: [...formOf(wanted).entries(), ["intent", "review"]] }];
}

const NEW_KEY: Fix = { label: "Create a new key", path: "/keys/new" };

interface Known extends Pick<Explanation, "requiredScope" | "lackingIn"> {
  readonly request: FoundRequest | undefined;
}

interface Change {
  readonly label: string;
  readonly of: (key: ManagedKey) => Partial<ManagedKey>;
}

function changesFor(code: Code, { requiredScope, lackingIn, request }: Known): Change | undefined {
  if (code === "scope_missing" && requiredScope !== null && !lackingIn.includes("reach")) {
    const isReadOnly = lackingIn.includes("permission");
    const isMissing = lackingIn.includes("scopes");
    const words = [...(isMissing ? [`add ${requiredScope}`] : []), ...(isReadOnly ? ["give it full access"] : [])].join(
      " and ",
    );
    return {
      label: `${words.charAt(0).toUpperCase()}${words.slice(1)}`,
      of: ({ scopes, permission }) => ({
        scopes: isMissing ? [...scopes, requiredScope] : scopes,
        permission: isReadOnly ? "full-access" : permission,
      }),
    };
  }
  const workspace = request?.members.workspace;
  if (code === "workspace_forbidden" && typeof workspace === "string") {
    return { label: "Add the workspace", of: ({ workspaceIds }) => ({ workspaceIds: [...workspaceIds, workspace] }) };
  }
  const address = request?.clientAddress;
  if (code === "address_forbidden" && address) {
    return {
      label: `Allow the address ${address}`,
      of: ({ allowedAddresses }) => ({ allowedAddresses: [...allowedAddresses, address] }),
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
