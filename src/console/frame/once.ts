import type { Caller } from "../../control/control.ts";
import { idempotencyOf, once } from "../../control/idempotency.ts";
import type { Refusal } from "../../errors.ts";
import type { Form } from "./form.ts";
import type { Visit } from "./visit.ts";

/** A form of a key that is sent twice, by a reload or a double click, does its work once, and then leads to the key. */
export async function onceOfForm<Done>(
  c: Visit,
  form: Form,
  act: (caller: Caller) => Promise<Done | Refusal>,
): Promise<Done | Response | Refusal> {
  const attempt = form.text("attempt");
  const idempotency = attempt === "" ? undefined : await idempotencyOf("form", attempt, [attempt]);
  const caller = { ...c.var.visitor.caller, idempotency };
  return once(
    c.var.control,
    caller,
    () => act(caller),
    async (target) => c.redirect(`/keys/${target}?done=before`, 303),
  );
}
