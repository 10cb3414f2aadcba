import { isRefusal, type Refusal } from "../../errors.ts";
import { keyRevocation, readKey } from "../../store/keys.ts";
import { findKey } from "../access.ts";
import { earlierEffect } from "../commit.ts";
import type { Caller, Control } from "../control.ts";
import { checkVersion } from "../validation.ts";
import { type ChangedKey, commitKeyChange } from "./commit-change.ts";

/** Final, and the same however often it is asked for: the first revocation is the one that counts. */
export async function revokeKey(
  control: Control,
  caller: Caller,
  id: string,
  reason: string | null,
): Promise<ChangedKey | Refusal> {
  const { db } = control;
  const key = await findKey(control, caller, id, "api_keys:delete");
  if (isRefusal(key)) return key;
  const refusal = key.revokedAt === null ? checkVersion(caller, key.version) : undefined;
  if (refusal) return refusal;
  const revoked = { ...key, revokedAt: control.now(), version: control.newId("ver") };
  const from = caller.ifMatch && key.version;
  const result = await commitKeyChange(control, caller, revoked, { action: "api_key.revoked", details: { reason } }, [
    keyRevocation(db, revoked, { by: caller.actor, reason, from }),
  ]);
  if (!isRefusal(result)) return result;
  const earlier = await readKey(db, id);
  if (earlier?.revokedAt == null) return result;
  return { key: earlier, effect: await earlierEffect(control, { key: id }) };
}
