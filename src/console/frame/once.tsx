/** A form of a key that is sent twice, by a reload or a double click, does its work once. */

import type { Caller } from "../../control/control.ts";
import { idempotencyOf, once } from "../../control/idempotency.ts";
import type { Refusal } from "../../errors.ts";
import { finish } from "./done.tsx";
import type { Form } from "./form.ts";
import { Kept } from "./kept.tsx";
import type { Visit } from "./visit.ts";

/** In the form: tells one look at it from the next. */
export function Attempt({ c }: { c: Visit }) {
  return <Kept fields={[["attempt", c.var.control.newId("chg")]]} />;
}

/** Leads to the key if the form was sent before. With other content it is refused, with `idempotency_key_reused`. */
export async function onceOfForm<Done>(
  c: Visit,
  form: Form,
  act: (caller: Caller) => Promise<Done | Refusal>,
): Promise<Done | Response | Refusal> {
  const attempt = form.text("attempt");
  const content = form.entries().filter(([name]) => name !== "attempt" && name !== "intent");
  const idempotency = attempt === "" ? undefined : await idempotencyOf("form", attempt, [c.req.path, content]);
  const caller = { ...c.var.visitor.caller, idempotency };
  return once(
    c.var.control,
    caller,
    () => act(caller),
    async (target) => finish(c, `/keys/${target}`, "repeated"),
  );
}
