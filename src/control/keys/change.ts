import { isRefusal, type Refusal } from "../../errors.ts";
import type { KeyChange, ManagedKey } from "../../records/key.ts";
import { keyUpdates } from "../../store/keys.ts";
import { findKey, requireRoot } from "../access.ts";
import type { Caller, Control } from "../control.ts";
import { allOf, differences, withoutUndefined } from "../validation.ts";
import { type ChangedKey, checkLiving, commitKeyChange, unchangedKey } from "./commit-change.ts";
import { checkGrant } from "./grants.ts";
import { checkRequired, checkTerms, checkWorkspaces } from "./rules.ts";

export async function changeKey(
  control: Control,
  caller: Caller,
  id: string,
  change: KeyChange,
): Promise<ChangedKey | Refusal> {
  const key = await findKey(control, caller, id, "api_keys:write");
  if (isRefusal(key)) return key;
  const changed: ManagedKey = { ...key, ...withoutUndefined(change), version: control.newId("ver") };
  const details = differences(key, change);
  const refusal =
    checkLiving(control, caller, key) ??
    allOf(await refusalsOfChange(control, key, change)) ??
    ("plan" in details ? requireRoot(caller, "change a key's plan") : undefined) ??
    (await checkGrant(control, caller, changed));
  if (refusal) return refusal;
  if (Object.keys(details).length === 0) return unchangedKey(control, caller, key, "api_key.changed");
  return commitKeyChange(
    control,
    caller,
    changed,
    { action: "api_key.changed", details },
    keyUpdates(control.db, changed, key.version),
  );
}

/** Of all fields of the change that cannot be as they are. */
export async function refusalsOfChange(
  control: Control,
  key: ManagedKey,
  change: KeyChange,
): Promise<(Refusal | undefined)[]> {
  const { gateway, now } = control;
  const { scopes, plan, workspaceIds, allowedAddresses, expiresAt } = change;
  const reach = workspaceIds && key.reach;
  return [
    checkRequired(change, gateway.keys),
    checkTerms({ reach, scopes, plan, workspaceIds, allowedAddresses, expiresAt }, gateway, now()),
    workspaceIds && (await checkWorkspaces(control, key.organizationId, workspaceIds)),
  ];
}
