/** Asks before something is done with several keys. */

import { Hono } from "hono/tiny";
import { findKeys } from "../../control/access.ts";
import type { Control } from "../../control/control.ts";
import { allOf, invalid } from "../../control/validation.ts";
import { DAY_MS } from "../../domain/durations.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { check } from "../../management/parse.ts";
import { revocationBody } from "../../management/wire/keys.ts";
import type { ManagedKey } from "../../records/key.ts";
import { ask } from "../frame/ask.tsx";
import { boundOf } from "../frame/done.tsx";
import { Field } from "../frame/fields.tsx";
import { EMPTY_FORM, type Form, readForm } from "../frame/form.ts";
import { Kept } from "../frame/kept.tsx";
import type { Problems } from "../frame/mistakes.tsx";
import { Ago, EnvironmentBadge, Table } from "../frame/parts.tsx";
import { showRefusal } from "../frame/refusal-page.tsx";
import type { ConsoleEnv, Visit } from "../frame/visit.ts";
import { endOf, plural } from "../frame/words.ts";
import { DEEDS, type Deed } from "./deeds.ts";
import { type Asked, actOn } from "./outcome.tsx";
import { listBack, selectedIn, showNoneSelected } from "./selection.tsx";

const PATH = "/keys/selected/:deed{disable|revoke}";
export const keysSelected = new Hono<ConsoleEnv>()
  .get(PATH, async (c) => {
    const form = EMPTY_FORM;
    return askFor(c, { ids: selectedIn(c.req.queries("key")), back: c.req.query("back"), form, refusal: undefined });
  })
  .post(PATH, async (c) => {
    const form = await readForm(c.req.raw);
    if (isRefusal(form)) return showRefusal(c, form);
    const [ids, back] = [selectedIn(form.list("key")), form.text("back")];
    const refusal = deedOf(c).grave ? checkRevocation(form, ids.length) : undefined;
    return refusal || ids.length === 0
      ? askFor(c, { ids, back, form, refusal })
      : actOn(c, deedOf(c), { ids, back, form });
  });

const deedOf = (c: Visit) => DEEDS[c.req.param("deed") as string] as Deed;

async function askFor(c: Visit, { ids, back, form, refusal }: Asked & { refusal: Refusal | undefined }) {
  if (ids.length === 0) return showNoneSelected(c, back);
  const { control, visitor } = c.var;
  const deed = deedOf(c);
  const keys = await findKeys(control, visitor.caller, ids, deed.scope);
  if (isRefusal(keys)) return showRefusal(c, keys);
  const counted = plural(ids.length, "key");
  return ask(c, {
    title: deed.title(counted),
    crumbs: [{ path: listBack(back), name: "API keys" }],
    button: deed.button(counted),
    grave: deed.grave,
    refusal,
    fields: deed.fields,
    content: (problems) => (
      <>
        <p>
          <strong>{stakesOf(keys, control)}</strong> Times of use can be an hour behind.
        </p>
        <p>{deed.effect(boundOf(control.gateway))}</p>
        <Kept fields={[...ids.map((id) => ["key", id] as const), ["back", back ?? ""]]} />
        <div class="risky">
          <Chosen c={c} keys={keys} />
        </div>
        {keys.length < ids.length && <p>{missingWords(ids.length - keys.length)}</p>}
        {deed.grave && <Revocation form={form} problems={problems} count={ids.length} />}
      </>
    ),
  });
}

const missingWords = (count: number) =>
  `${plural(count, "key")} of the selection ${count === 1 ? "is" : "are"} not yours to see any more, and will be left out.`;

/** "12 of 20 are production keys, 5 were used in the last 24 hours." */
function stakesOf(keys: readonly ManagedKey[], { gateway: { mainEnvironment }, now }: Control): string {
  const main = keys.filter(({ environment }) => environment === mainEnvironment).length;
  const used = keys.filter(({ lastUsedAt }) => lastUsedAt !== null && now() - lastUsedAt < DAY_MS).length;
  const mains = main === 1 ? `is a ${mainEnvironment} key` : `are ${mainEnvironment} keys`;
  return `${main} of ${keys.length} ${mains}, ${used} ${used === 1 ? "was" : "were"} used in the last 24 hours.`;
}

function Chosen({ c, keys }: { c: Visit; keys: readonly ManagedKey[] }) {
  const { gateway, now } = c.var.control;
  return (
    <Table
      caption="Selected keys"
      rows={keys.toSorted((a, b) => (b.lastUsedAt ?? 0) - (a.lastUsedAt ?? 0))}
      columns={[
        {
          label: "Key",
          cell: ({ id, name, hint }) => (
            <>
              <a href={`/keys/${id}`}>{name}</a> <code title={hint}>{endOf(hint)}</code>
            </>
          ),
        },
        { label: "Environment", cell: ({ environment }) => <EnvironmentBadge name={environment} gateway={gateway} /> },
        { label: "Last used", cell: ({ lastUsedAt }) => <Ago at={lastUsedAt} now={now()} /> },
      ]}
    />
  );
}

function Revocation({ form, problems, count }: { form: Form; problems: Problems; count: number }) {
  return (
    <>
      <Field
        name="reason"
        label="Reason"
        hint="Optional. It is kept in the history of each key."
        problem={problems.get("reason")}
      >
        <input maxlength={2000} autocomplete="off" value={form.text("reason")} />
      </Field>
      <Field
        name="count"
        label="To continue, type how many keys you revoke"
        hint={<strong>{count}</strong>}
        problem={problems.get("count")}
      >
        <input inputmode="numeric" autocomplete="off" required value={form.text("count")} />
      </Field>
    </>
  );
}

function checkRevocation(form: Form, count: number): Refusal | undefined {
  const body = check(revocationBody, { reason: form.textOrNull("reason") });
  const isCounted = form.text("count") === String(count);
  return allOf([
    isRefusal(body) ? body : undefined,
    isCounted ? undefined : invalid("count", `is not ${count}, the number of selected keys`),
  ]);
}
