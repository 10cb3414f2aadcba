import type { Refusal } from "../errors.ts";
import { auditInsertIf } from "../store/audit.ts";
import { type ManagedKey, readKey } from "../store/keys.ts";
import { commit, type Effect } from "./commit.ts";
import { auditEvent, type Caller, type Control } from "./control.ts";

export interface ChangedKey {
  readonly key: ManagedKey;
  readonly effect: Effect;
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
  if (changes[0] === 0 || !now) return { code: "conflict", problem: "Somebody else changed the key at the same time." };
  return { key: now, effect };
}
