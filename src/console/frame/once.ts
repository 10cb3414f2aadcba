import type { Caller } from "../../control/control.ts";
import { idempotencyOf, once } from "../../control/idempotency.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import type { Form } from "./form.ts";
import type { Visit } from "./visit.ts";

/**
 * A form of a key that is sent twice, by a reload or a double click, does its work once, and then leads to the key. If it is
 * sent again with other content, it says so.
 */
export async function onceOfForm<Done>(
  c: Visit,
  form: Form,
  act: (caller: Caller) => Promise<Done | Refusal>,
): Promise<Done | Response | Refusal> {
  const attempt = form.text("attempt");
  const content = [c.req.path, form.entries()];
  const idempotency = attempt === "" ? undefined : await idempotencyOf("form", attempt, content);
  const caller = { ...c.var.visitor.caller, idempotency };
  const done = await once(
    c.var.control,
    caller,
    () => act(caller),
    async (target) => c.redirect(`/keys/${target}?done=before`, 303),
  );
  return isRefusal(done) && done.code === "idempotency_key_reused" ? { code: "conflict", problem: DIFFERS } : done;
}

/** The page that says so has a new form. */
const DIFFERS =
  "This form was sent before, with other content, and did its work then. Nothing was done this time. To do it with this content too, send the form again.";
