import { isRefusal, type Refusal } from "../errors.ts";
import { keyRevocation, readKey } from "../store/keys.ts";
import { type ChangedKey, commitKeyChange } from "./changed-key.ts";
import type { Caller, Control } from "./control.ts";
import { notFound } from "./validation.ts";

/** Final, and the same however often it is asked for: the first revocation is the one that counts. */
export async function revokeKey(
  control: Control,
  caller: Caller,
  id: string,
  reason: string | null,
): Promise<ChangedKey | Refusal> {
  const { db } = control;
  const key = await readKey(db, id);
  if (!key) return notFound("key");
  const version = control.newId("ver");
  const revoked = await commitKeyChange(
    control,
    caller,
    key,
    { action: "api_key.revoked", details: { reason }, version },
    [keyRevocation(db, { id, at: control.now(), by: caller.actor, reason, version })],
  );
  if (!isRefusal(revoked)) return revoked;
  const earlier = await readKey(db, id);
  if (earlier?.revokedAt == null) return revoked;
  const told = await control.tellAuthority(key.environment, id).then(
    () => true,
    () => false,
  );
  return { key: earlier, effect: { changeId: version, pending: told ? 0 : 1 } };
}
