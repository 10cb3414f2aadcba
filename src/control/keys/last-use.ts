import type { ManagedKey } from "../../records/key.ts";
import type { Control } from "../control.ts";

/** With its last use as its collector knows it. D1 can be an hour behind; it has to do if the collector cannot be asked. */
export async function withLastUse({ readLastUse }: Pick<Control, "readLastUse">, key: ManagedKey): Promise<ManagedKey> {
  const usedAt = await readLastUse(key.organizationId, key.id).catch(() => undefined);
  return usedAt === undefined || usedAt <= (key.lastUsedAt ?? 0) ? key : { ...key, lastUsedAt: usedAt };
}
