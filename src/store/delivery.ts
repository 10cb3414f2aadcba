/** Delivers the outbox to the authorities. */

import { clearOutbox, type Pending } from "./outbox.ts";

/** Rejects if the authority could not read the change. */
export type TellAuthority = (environment: string, keyId: string) => Promise<void>;

/** Calls under way at one time. */
const PARALLEL = 20;

/** Clears the rows of those that now know, and returns how many. */
export async function deliver(db: D1Database, pending: readonly Pending[], tell: TellAuthority): Promise<number> {
  const told: Pending[] = [];
  const queue = pending.values();
  const work = async () => {
    for (const row of queue) {
      const knows = await tell(row.environment, row.keyId).then(
        () => true,
        () => false,
      );
      if (knows) told.push(row);
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, pending.length) }, work));
  await clearOutbox(db, told);
  return told.length;
}
