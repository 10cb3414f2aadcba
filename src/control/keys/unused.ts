import { DAY_MS } from "../../domain/durations.ts";
import type { Refusal } from "../../errors.ts";
import type { ManagedKey } from "../../records/key.ts";
import type { Page, PageRequest } from "../../store/pages.ts";
import { listUnusedKeys } from "../../store/unused-keys.ts";
import { requireRoot } from "../access.ts";
import type { Caller, Control } from "../control.ts";

/** For the platform team: living keys of all organizations that were not used for so many days. */
export async function readUnusedKeys(
  control: Control,
  caller: Caller,
  days: number,
  page: PageRequest,
): Promise<Page<ManagedKey> | Refusal> {
  const refusal = requireRoot(caller, "see the keys of all organizations");
  const now = control.now();
  return refusal ?? listUnusedKeys(control.db, now - days * DAY_MS, page, now);
}
