/** What a key can do, in words, by the gateway's own functions. */

import type { Gateway } from "../../config/compile.ts";
import type { KeyRecord } from "../../domain/key.ts";
import { type Narrowing, rightsOf } from "../../domain/rights.ts";
import { actionOf, expand, resourceOf, type Scope, scopesOf } from "../../domain/scope.ts";
import type { NameOf } from "../frame/directory.ts";
import { dayOf, listOf, plural } from "../frame/words.ts";

export function summaryOf(key: KeyRecord, gateway: Gateway, workspaceName: NameOf): string[] {
  const { policy, environments, mainEnvironment } = gateway;
  const { effective, workspaces, lacking } = rightsOf(key, policy);
  const lost = [...expand(key.scopes, policy.resources, policy.bundles)].filter((scope) => !effective.has(scope));
  const reached = workspaces && [...workspaces];
  const isReal = key.environment === mainEnvironment && Object.keys(environments).length > 1;
  return [
    effective.size === 0
      ? "It can do nothing yet: choose scopes."
      : `It can ${abilities(scopesOf(policy.resources).filter((scope) => effective.has(scope)))}.`,
    reached === undefined
      ? `In ${key.environment}, in every workspace of the organization.`
      : `In ${key.environment}, in ${placeOf(reached.map(workspaceName))}.`,
    ...(isReal ? ["This is the main environment, not a sandbox."] : []),
    ...(lost.length > 0 ? [`Chosen, but without effect: ${losses(lost, lacking)}.`] : []),
    `It expires on ${dayOf(key.expiresAt)}.`,
    ...(policy.actAs === "member" ? ["It can never do more than its member, and stops working when they leave."] : []),
  ];
}

function placeOf(names: readonly string[]): string {
  if (names.length === 0) return "no workspace yet: choose at least one";
  return names.length === 1 ? `the workspace ${names[0]} only` : `the workspaces ${listOf(names)} only`;
}

/** "read, write and delete signatures and folders, and read integrations" */
function abilities(scopes: readonly Scope[]): string {
  const byResource = Map.groupBy(scopes, resourceOf);
  const byActions = Map.groupBy(byResource.keys(), (name) => listOf((byResource.get(name) ?? []).map(actionOf)));
  const parts = [...byActions].map(([actions, names]) => `${actions} ${listOf(names)}`);
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join("; ")}; and ${parts.at(-1)}`;
}

const WHY: Record<Narrowing, string> = {
  scopes: "",
  role: "the member's role does not have it",
  permission: "the key is read only",
  reach: "keys limited to workspaces cannot",
};
const MAX_NAMED = 6;

function losses(lost: readonly Scope[], lacking: (scope: Scope) => Narrowing[]): string {
  const byReason = Map.groupBy(lost, (scope) => WHY[lacking(scope)[0] ?? "scopes"]);
  return [...byReason]
    .map(([why, scopes]) => {
      const named = scopes.length > MAX_NAMED ? plural(scopes.length, "scope") : listOf(scopes);
      return `${named} (${why})`;
    })
    .join("; ");
}
