import type { Refusal } from "../../errors.ts";
import { countOutbox } from "../../store/outbox.ts";
import { requireScope } from "../access.ts";
import type { Caller, Control } from "../control.ts";
import { notFound } from "../validation.ts";

/** How many keys' authorities do not know of a change yet. Nobody can guess the id of a change. */
export async function readChange(control: Control, caller: Caller, id: string): Promise<{ keys: number } | Refusal> {
  const refusal = requireScope(caller, "api_keys:read");
  if (refusal) return refusal;
  if (!/^chg_[0-9a-f]{32}$/.test(id)) return notFound("change");
  return { keys: await countOutbox(control.db, id) };
}
