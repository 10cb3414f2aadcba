import type { OwnLimits, Permission } from "../domain/key.ts";
import type { Refusal } from "../errors.ts";
import { keyUpdates, type ManagedKey, readKey } from "../store/keys.ts";
import { type ChangedKey, commitKeyChange } from "./changed-key.ts";
import type { Caller, Control } from "./control.ts";
import { checkAddresses, checkLife, checkPlan, checkReach, checkScopes, checkWorkspaces } from "./key-rules.ts";
import { differences, notFound, withoutUndefined } from "./validation.ts";

/** What of a key can be changed; `undefined` leaves it as it is. Its environment, reach and member are for life. */
export interface KeyChange {
  readonly name?: string | undefined;
  readonly description?: string | null | undefined;
  readonly permission?: Permission | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly workspaceIds?: readonly string[] | undefined;
  readonly expiresAt?: number | undefined;
  readonly plan?: string | null | undefined;
  readonly limits?: OwnLimits | null | undefined;
  readonly allowedAddresses?: readonly string[] | undefined;
}

export async function changeKey(
  control: Control,
  caller: Caller,
  id: string,
  change: KeyChange,
): Promise<ChangedKey | Refusal> {
  const key = await readKey(control.db, id);
  if (!key) return notFound("key");
  if (key.revokedAt !== null) return { code: "conflict", problem: "The key is revoked, and that is final." };
  if (key.expiresAt <= control.now()) {
    return { code: "conflict", problem: "The key has expired, and that is final. Create a new one." };
  }
  const refusal = await checkChange(control, key, change);
  if (refusal) return refusal;
  const version = control.newId("ver");
  const changed: ManagedKey = { ...key, ...withoutUndefined(change), version };
  const details = differences(key, change);
  return commitKeyChange(
    control,
    caller,
    key,
    { action: "api_key.changed", details, version },
    keyUpdates(control.db, changed, key.version),
  );
}

async function checkChange(control: Control, key: ManagedKey, change: KeyChange): Promise<Refusal | undefined> {
  const { gateway, now } = control;
  const { scopes, plan, workspaceIds, allowedAddresses, expiresAt } = change;
  return (
    checkScopes(scopes ?? [], gateway) ??
    checkPlan(plan ?? null, gateway) ??
    checkAddresses(allowedAddresses ?? []) ??
    checkLife(expiresAt ?? null, gateway.keys, now()) ??
    (workspaceIds && checkReach(key.reach, workspaceIds, gateway.keys)) ??
    (workspaceIds && (await checkWorkspaces(control, key.organizationId, workspaceIds)))
  );
}
