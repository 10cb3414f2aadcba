/** Delivers the outbox to the authorities. */

import { within } from "../deadline.ts";
import { clearOutbox, type Pending } from "./outbox.ts";

/** Rejects if the authority could not read the change. */
export type TellAuthority = (environment: string, keyId: string) => Promise<void>;

/** Calls under way at one time. */
const PARALLEL = 20;
/** For one call, so that an authority that does not answer holds up no others. */
export const TELL_DEADLINE_MS = 3_000;

/** Clears the rows of those that now know, and returns how many. */
export async function deliver(db: D1Database, pending: readonly Pending[], tell: TellAuthority): Promise<number> {
  const told = await tellAll(pending, ({ environment, keyId }) => tell(environment, keyId));
  await clearOutbox(db, told);
  return told.length;
}

/** Returns those that could be told. */
export async function tellAll<T>(all: readonly T[], tell: (one: T) => Promise<void>): Promise<T[]> {
  const told: T[] = [];
  const queue = all.values();
  const work = async () => {
    for (const one of queue) {
      const knows = await within(TELL_DEADLINE_MS, tell(one)).then(
        () => true,
        () => false,
      );
      if (knows) told.push(one);
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, all.length) }, work));
  return told;
}
