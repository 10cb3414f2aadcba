import type { Refusal } from "../errors.ts";
import { auditInsertForKey } from "../store/audit.ts";
import { keyRevocation, type ManagedKey, readKey } from "../store/keys.ts";
import { auditEvent, type Caller, type Control } from "./control.ts";
import { notFound } from "./validation.ts";

export interface Revoked {
  readonly key: ManagedKey;
  /** Whether the key's authority knows; if not, it reads D1 within a minute. */
  readonly told: boolean;
}

/** Final, and the same however often it is asked for: the first revocation is the one that counts. */
export async function revokeKey(
  control: Control,
  caller: Caller,
  id: string,
  reason: string | null,
): Promise<Revoked | Refusal> {
  const { db } = control;
  const key = await readKey(db, id);
  if (!key) return notFound("key", id);
  const version = control.newId("ver");
  const change = { organizationId: key.organizationId, action: "api_key.revoked", target: id, details: { reason } };
  await db.batch([
    keyRevocation(db, { id, at: control.now(), by: caller.actor, reason, version }),
    auditInsertForKey(db, auditEvent(control, caller, change), version),
  ]);
  const told = await control.tellAuthority(key.environment, id).then(
    () => true,
    () => false,
  );
  return { key: (await readKey(db, id)) ?? key, told };
}
