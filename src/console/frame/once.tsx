/** A form that is sent twice, by a reload or a double click, does its work once. */

import type { Caller } from "../../control/control.ts";
import { idempotencyOf, once } from "../../control/idempotency.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { type Deed, finish } from "./done.tsx";
import type { Form } from "./form.ts";
import { Kept } from "./kept.tsx";
import type { Visit } from "./visit.ts";

/** In the form: tells one look at it from the next. */
export function Attempt({ c }: { c: Visit }) {
  return <Kept fields={[["attempt", c.var.control.newId("chg")]]} />;
}

/** `again`: the answer if the form was sent before. With other content it is refused, with `idempotency_key_reused`. */
export async function onceOfForm<Done>(
  c: Visit,
  form: Form,
  act: (caller: Caller) => Promise<Done | Refusal>,
  again = (id: string) => finish(c, `/keys/${id}`, "repeated"),
): Promise<Done | Response | Refusal> {
  const attempt = form.text("attempt");
  const content = form.entries().filter(([name]) => name !== "attempt" && name !== "intent");
  const idempotency = attempt === "" ? undefined : await idempotencyOf("form", attempt, [c.req.path, content]);
  const caller = { ...(c.var.root ?? c.var.visitor.caller), idempotency };
  return once(
    c.var.control,
    caller,
    () => act(caller),
    async (target) => again(target),
  );
}

/** Creates a record once, and leads to the page that shows it. `first`: what only the first answer shows. */
export async function createOnce<Made extends { readonly id: string }>(
  c: Visit,
  form: Form,
  act: (caller: Caller) => Promise<Made | Refusal>,
  pathOf: (id: string) => string,
  deed: Deed = "made",
  first?: (made: Made) => Response | Promise<Response>,
): Promise<Response | Refusal> {
  const again = (id: string) => finish(c, pathOf(id), deed);
  const made = await onceOfForm(c, form, act, again);
  if (made instanceof Response) return made;
  if (!isRefusal(made)) return first ? first(made) : again(made.id);
  return made.code === "idempotency_key_reused" ? { code: "conflict", problem: CREATED_BEFORE } : made;
}

const CREATED_BEFORE =
  "This form was sent before, with other content, and nothing was created this time. To create another record, send the form again.";
