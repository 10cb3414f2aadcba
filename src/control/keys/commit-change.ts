import type { Refusal } from "../../errors.ts";
import type { ManagedKey } from "../../records/key.ts";
import { auditInsertIf } from "../../store/audit.ts";
import { deliver } from "../../store/delivery.ts";
import { readOutboxOf } from "../../store/outbox.ts";
import { commit, type Effect } from "../commit.ts";
import { auditEvent, type Caller, type Control } from "../control.ts";
import { checkVersion, lostRace } from "../validation.ts";

export interface ChangedKey {
  readonly key: ManagedKey;
  readonly effect: Effect;
}

/** Whether the key can still be changed, and is at the version that the caller knows. */
export function checkLiving(caller: Caller, key: ManagedKey, now: number): Refusal | undefined {
  if (key.revokedAt !== null) return { code: "conflict", problem: "The key is revoked, which is final." };
  if (key.expiresAt <= now) {
    return { code: "conflict", problem: "The key has expired, which is final. Create a new one." };
  }
  return checkVersion(caller, key.version);
}

/** Commits `statements`, which change the key to `key` and its version, or do nothing if another request was faster. */
export async function commitKeyChange(
  control: Control,
  caller: Caller,
  key: ManagedKey,
  { action, details }: { action: string; details: Record<string, unknown> },
  statements: readonly D1PreparedStatement[],
): Promise<ChangedKey | Refusal> {
  const { id, organizationId, version } = key;
  const event = auditEvent(control, caller, { organizationId, action, target: id, details });
  const { changes, effect } = await commit(control, { key: id }, [
    ...statements,
    auditInsertIf(control.db, event, "api_keys", version),
  ]);
  return changes[0] === 0 ? lostRace(caller, "key") : { key, effect };
}

/** For a change that was made before: whether an authority does not know of the key's changes yet. Delivers them, if so. */
export async function earlierEffect({ db, tellAuthority }: Control, id: string): Promise<Effect> {
  await deliver(db, await readOutboxOf(db, id), tellAuthority);
  const [left] = await readOutboxOf(db, id);
  return { changeId: left?.changeId ?? "", isPending: left !== undefined };
}
