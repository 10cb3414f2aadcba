import type { Refusal } from "../errors.ts";
import { auditInsertIf } from "../store/audit.ts";
import { type ManagedKey, readKey } from "../store/keys.ts";
import { commit, type Effect } from "./commit.ts";
import { auditEvent, type Caller, type Control } from "./control.ts";
import { checkVersion, lostRace } from "./validation.ts";

export interface ChangedKey {
  readonly key: ManagedKey;
  readonly effect: Effect;
}

/** Whether the key can still be changed, and is at the version that the caller knows. */
export function checkLiving(caller: Caller, key: ManagedKey, now: number): Refusal | undefined {
  if (key.revokedAt !== null) return { code: "conflict", problem: "The key is revoked, and that is final." };
  if (key.expiresAt <= now) {
    return { code: "conflict", problem: "The key has expired, and that is final. Create a new one." };
  }
  return checkVersion(caller, key.version);
}

/** Commits `statements`, which bring the key to `version`, or do nothing if somebody else was quicker. */
export async function commitKeyChange(
  control: Control,
  caller: Caller,
  key: ManagedKey,
  change: { action: string; details: Record<string, unknown>; version: string },
  statements: readonly D1PreparedStatement[],
): Promise<ChangedKey | Refusal> {
  const { db } = control;
  const { action, details, version } = change;
  const event = auditEvent(control, caller, { organizationId: key.organizationId, action, target: key.id, details });
  const { changes, effect } = await commit(control, { key: key.id }, [
    ...statements,
    auditInsertIf(db, event, "api_keys", version),
  ]);
  const now = await readKey(db, key.id);
  return changes[0] === 0 || !now ? lostRace(caller, "key") : { key: now, effect };
}
