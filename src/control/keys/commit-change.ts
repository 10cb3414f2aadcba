import type { StatusReason } from "../../domain/key-status.ts";
import type { Refusal } from "../../errors.ts";
import { type ManagedKey, statusOf } from "../../records/key.ts";
import { auditInsertIf } from "../../store/audit.ts";
import { commit, commitNothing, type Effect, earlierEffect } from "../commit.ts";
import { auditEvent, type Caller, type Control } from "../control.ts";
import { checkVersion, lostRace } from "../validation.ts";

export interface ChangedKey {
  readonly key: ManagedKey;
  readonly effect: Effect;
}

/** Whether the key can still be changed, and is at the version that the caller knows. */
export function checkLiving({ gateway, now }: Control, caller: Caller, key: ManagedKey): Refusal | undefined {
  const end = endOf(key, statusOf(key, gateway, now()).statusReason);
  return end === undefined ? checkVersion(caller, key.version) : { code: "conflict", problem: end };
}

/** Why a key can never work again. For any other reason it can: then a change says in its answer that the key is blocked. */
function endOf({ memberRemovedAt }: ManagedKey, reason: StatusReason | null): string | undefined {
  if (reason === "key_revoked") return "The key is revoked, which is final.";
  if (reason === "key_expired") return "The key has expired, which is final. Create a new one.";
  if (reason !== "member_inactive" || memberRemovedAt === null) return undefined;
  return "The key acts as a member who was removed, which is final. Create a new one.";
}

/** For a request that leaves the key as it is. */
export async function unchangedKey(
  control: Control,
  caller: Caller,
  key: ManagedKey,
  action: string,
): Promise<ChangedKey | Refusal> {
  const { id, organizationId, version } = key;
  const lost = await commitNothing(control, caller, "api_keys", version, { organizationId, action, target: id });
  return lost ?? { key, effect: await earlierEffect(control, { key: id }) };
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
