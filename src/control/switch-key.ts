import type { Refusal } from "../errors.ts";
import { keySwitch, readKey } from "../store/keys.ts";
import { type ChangedKey, commitKeyChange } from "./changed-key.ts";
import type { Caller, Control } from "./control.ts";
import { notFound } from "./validation.ts";

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
  const key = await readKey(control.db, id);
  if (!key) return notFound("key");
  if (key.revokedAt !== null) return { code: "conflict", problem: "The key is revoked, and that is final." };
  const version = control.newId("ver");
  return commitKeyChange(control, caller, key, { action, details: {}, version }, [
    keySwitch(control.db, { id, disabledAt, version }),
  ]);
}
