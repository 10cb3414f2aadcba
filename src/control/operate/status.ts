/** For the platform team: how full the database is, what was deleted from it because of its age, and when it was last asked for changes. */

import type { Gateway } from "../../config/compile.ts";
import type { Reconciled } from "../../domain/record-changes.ts";
import type { Refusal } from "../../errors.ts";
import { type DatabaseState, readDatabaseState } from "../../store/health.ts";
import type { Cleanup } from "../../store/retention.ts";
import { requireRoot } from "../access.ts";
import type { Caller, Control } from "../control.ts";

export interface Status {
  readonly database: DatabaseState & { readonly limitBytes: number };
  readonly retention: Gateway["retention"];
  /** `undefined` if there was none yet, or it cannot be read. */
  readonly lastCleanup: Cleanup | undefined;
  /** `undefined` if it cannot be read. */
  readonly reconciled: Reconciled | undefined;
}

export async function readStatus(control: Control, caller: Caller): Promise<Status | Refusal> {
  const refusal = requireRoot(caller, "see how full the database is");
  if (refusal) return refusal;
  const { db, gateway, lastCleanup, lastReconciled } = control;
  const [state, cleanup, reconciled] = await Promise.all([
    readDatabaseState(db),
    lastCleanup().catch(() => undefined),
    lastReconciled().catch(() => undefined),
  ]);
  const { retention } = gateway;
  return {
    database: { ...state, limitBytes: retention.databaseMegabytes * 1_000_000 },
    retention,
    lastCleanup: cleanup,
    reconciled,
  };
}
