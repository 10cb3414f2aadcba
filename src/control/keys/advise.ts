import { DAY_MS } from "../../domain/durations.ts";
import { startOfPeriod } from "../../domain/quota.ts";
import { rightsOf } from "../../domain/rights.ts";
import { resourceOf, type Scope } from "../../domain/scope.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { readKeyRecord } from "../../store/key-records.ts";
import { readScopeUses } from "../../store/usage-list.ts";
import { findKey, requireScope } from "../access.ts";
import type { Caller, Control } from "../control.ts";
import { invalid, notFound } from "../validation.ts";

export interface Advice {
  /** What the key can do, bundles expanded. Scopes of the management API are not among them: their use is not counted. */
  readonly scopes: readonly ScopeUse[];
  /** Not used within the days asked about. Empty if the key is too young to tell. */
  readonly unused: readonly Scope[];
  readonly tooYoung: boolean;
}

export interface ScopeUse {
  readonly scope: Scope;
  /** The beginning of the UTC day; `null` for never. */
  readonly lastUsedAt: number | null;
}

const MAX_DAYS = 366;

/** Which scopes a key has not used, and so perhaps does not need. */
export async function adviseOnScopes(
  control: Control,
  caller: Caller,
  id: string,
  days: number,
): Promise<Advice | Refusal> {
  const key = requireScope(caller, "usage:read") ?? (await findKey(control, caller, id, "api_keys:read"));
  if (isRefusal(key)) return key;
  if (!Number.isInteger(days) || days < 1 || days > MAX_DAYS) return invalid("days", `must be from 1 to ${MAX_DAYS}`);
  const record = await readKeyRecord(control.db, key.environment, id);
  if (!record) return notFound("key");
  const { policy } = control.gateway;
  const uses = await readScopeUses(control.db, id);
  const scopes = [...rightsOf(record, policy).effective]
    .filter((scope) => uses.has(scope) || !policy.resources[resourceOf(scope)]?.management)
    .sort()
    .map((scope): ScopeUse => ({ scope, lastUsedAt: uses.get(scope) ?? null }));
  const since = control.now() - days * DAY_MS;
  const tooYoung = key.createdAt > since;
  const isUnused = ({ lastUsedAt }: ScopeUse) => lastUsedAt === null || lastUsedAt < startOfPeriod("day", since);
  return { scopes, unused: tooYoung ? [] : scopes.filter(isUnused).map(({ scope }) => scope), tooYoung };
}
