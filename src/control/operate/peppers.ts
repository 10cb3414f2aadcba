/** Which peppers there are, and the end of one that has been replaced. They are made and put in order in KEYGATE_PEPPERS. */

import type { Refusal } from "../../errors.ts";
import type { Page, PageRequest } from "../../store/pages.ts";
import {
  countKeysOnlyUnder,
  countSecretsByPepper,
  deleteSecretsUnder,
  hasSecretsUnder,
  type KeyUnderPepper,
  listKeysOnlyUnder,
  type PepperUse,
} from "../../store/secrets.ts";
import { requireRoot } from "../access.ts";
import type { Caller, Control } from "../control.ts";
import { notFound } from "../validation.ts";

export interface PepperStatus extends Omit<PepperUse, "pepperId"> {
  readonly id: string;
  /** `current` hashes new secrets; those under `retiring` still work; those under `inactive` do not. */
  readonly status: "current" | "retiring" | "inactive";
}

export interface Retired {
  /** Secrets that are now stored under the current pepper alone. */
  readonly removed: number;
  /** Whether there are more: repeat the call to continue. */
  readonly hasMore: boolean;
  /** Keys that stop working once the pepper is taken out of KEYGATE_PEPPERS. */
  readonly lostKeys: number;
}

/** Secrets that one statement removes, and statements of one call. */
const REMOVED_AT_ONCE = 5_000;
const MAX_STATEMENTS = 20;

export async function listPeppers(control: Control, caller: Caller): Promise<PepperStatus[] | Refusal> {
  const refusal = requireRoot(caller, "see the peppers");
  if (refusal) return refusal;
  const active = activeIds(control);
  const uses = await countSecretsByPepper(control.db, active, control.now());
  const ids = new Set([...active, ...uses.map(({ pepperId }) => pepperId)]);
  return [...ids].map((id) => {
    const { secrets, alone } = uses.find(({ pepperId }) => pepperId === id) ?? { secrets: 0, alone: 0 };
    return { id, status: statusOf(id, active), secrets, alone };
  });
}

/** The keys that would stop working without this pepper: those that nobody has used since it was replaced. */
export async function listKeysOfPepper(
  control: Control,
  caller: Caller,
  pepperId: string,
  page: PageRequest,
): Promise<Page<KeyUnderPepper> | Refusal> {
  const refusal = requireRoot(caller, "see the keys under a pepper");
  return refusal ?? listKeysOnlyUnder(control.db, onlyUnder(control, pepperId), page);
}

/**
 * Removes what is stored under the pepper and under the current one too; afterwards the pepper can be taken out of
 * KEYGATE_PEPPERS. Keys that are stored under it alone keep what they have: they work for as long as it stays there.
 */
export async function retirePepper(
  control: Control,
  caller: Caller,
  pepperId: string,
  { force }: { readonly force: boolean },
): Promise<Retired | Refusal> {
  const { db } = control;
  const forbidden = requireRoot(caller, "retire a pepper");
  if (forbidden) return forbidden;
  const active = activeIds(control);
  const [currentId] = active;
  const status = statusOf(pepperId, active);
  if (status === "inactive" && !(await hasSecretsUnder(db, pepperId))) return notFound("pepper");
  if (status === "current") {
    const problem = `${pepperId} is the current pepper. First put another one before it in KEYGATE_PEPPERS.`;
    return { code: "conflict", problem };
  }
  const lostKeys = status === "retiring" ? await countKeysOnlyUnder(db, onlyUnder(control, pepperId)) : 0;
  if (lostKeys > 0 && !force) return { code: "conflict", problem: wouldLose(lostKeys, pepperId) };
  const removed = await removeSecrets(db, pepperId, currentId);
  return { ...removed, lostKeys };
}

async function removeSecrets(db: D1Database, pepperId: string, currentId: string) {
  let removed = 0;
  for (let n = 0; n < MAX_STATEMENTS; n++) {
    const gone = await deleteSecretsUnder(db, { pepperId, currentId, limit: REMOVED_AT_ONCE });
    removed += gone;
    if (gone < REMOVED_AT_ONCE) return { removed, hasMore: false };
  }
  return { removed, hasMore: true };
}

function wouldLose(keys: number, pepperId: string): string {
  const which = keys === 1 ? "1 key has" : `${keys} keys have`;
  return `${which} a secret that is stored only under ${pepperId}, because it has not been used since; it would stop working. Wait, rotate the key, or use force.`;
}

function statusOf(id: string, [current, ...others]: readonly string[]): PepperStatus["status"] {
  if (id === current) return "current";
  return others.includes(id) ? "retiring" : "inactive";
}

function onlyUnder(control: Control, pepperId: string) {
  return { pepperId, active: activeIds(control), now: control.now() };
}

function activeIds({ peppers: [current, ...others] }: Control): [string, ...string[]] {
  return [current.id, ...others.map(({ id }) => id)];
}
