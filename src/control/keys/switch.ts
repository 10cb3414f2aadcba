import { isRefusal, type Refusal } from "../../errors.ts";
import { keySwitch } from "../../store/keys.ts";
import { findKey } from "../access.ts";
import type { Caller, Control } from "../control.ts";
import { type ChangedKey, checkLiving, commitKeyChange, unchangedKey } from "./commit-change.ts";
import { checkGrant } from "./grants.ts";

export function disableKey(control: Control, caller: Caller, id: string): Promise<ChangedKey | Refusal> {
  return switchKey(control, caller, id, { action: "api_key.disabled", disabledAt: control.now() });
}

export function enableKey(control: Control, caller: Caller, id: string): Promise<ChangedKey | Refusal> {
  return switchKey(control, caller, id, { action: "api_key.enabled", disabledAt: null });
}

async function switchKey(
  control: Control,
  caller: Caller,
  id: string,
  { action, disabledAt }: { action: string; disabledAt: number | null },
): Promise<ChangedKey | Refusal> {
  const key = await findKey(control, caller, id, "api_keys:write");
  if (isRefusal(key)) return key;
  const isGiving = disabledAt === null;
  const refusal =
    checkLiving(control, caller, key) ??
    // To switch a key on gives its holder its rights again.
    (isGiving ? await checkGrant(control, caller, key) : undefined);
  if (refusal) return refusal;
  if (isGiving === (key.disabledAt === null)) return unchangedKey(control, caller, key, action);
  const switched = { ...key, disabledAt, version: control.newId("ver") };
  // A change that takes rights away does not yield to a concurrent change, unless it is for one version only.
  const from = isGiving || caller.ifMatch ? key.version : undefined;
  return commitKeyChange(control, caller, switched, { action, details: {} }, [keySwitch(control.db, switched, from)]);
}
