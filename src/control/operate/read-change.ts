import type { Refusal } from "../../errors.ts";
import { countOutbox } from "../../store/outbox.ts";
import type { Control } from "../control.ts";
import { notFound } from "../validation.ts";

/**
 * How many keys' authorities do not know of a change yet. Every caller can ask: the answer to a change leads here, and nobody can
 * guess the id of a change.
 */
export async function readChange({ db }: Control, id: string): Promise<{ keys: number } | Refusal> {
  if (!/^chg_[0-9a-f]{32}$/.test(id)) return notFound("change");
  return { keys: await countOutbox(db, id) };
}
