/** What an authority stores of the account of a key's limits. */

import type { Accounts } from "./accounts.ts";
import type { Counts } from "./counts.ts";
import type { OpenLease } from "./open-lease.ts";

export interface LedgerState {
  readonly clock: number;
  /** By the rate's name. */
  readonly rates: Accounts["named"];
  /** Of rates that other versions have named lately. */
  readonly kept?: Accounts["kept"];
  readonly counts?: Counts;
  /** By the quota's name and period, for older code, which has no `counts`. */
  readonly quotas: Readonly<Record<string, { start: number; used: number }>>;
  /** In order of their ends. */
  readonly open: readonly OpenLease[];
}
