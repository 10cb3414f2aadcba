/** A member asks for a key. */

import { Hono } from "hono/tiny";
import { requestKey } from "../../control/keys/requests.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { check } from "../../management/parse.ts";
import { keyRequestBody, wantedKeyRequestOf } from "../../records/key-request.ts";
import { Crumbs } from "../frame/ask.tsx";
import { Choices, Field, Group } from "../frame/fields.tsx";
import { EMPTY_FORM, type Form, readForm } from "../frame/form.ts";
import { show } from "../frame/layout.tsx";
import { type FormField, Mistakes, problemsOf } from "../frame/mistakes.tsx";
import { Attempt, createOnce } from "../frame/once.tsx";
import { EnvironmentBadge } from "../frame/parts.tsx";
import { showRefusal } from "../frame/refusal-page.tsx";
import type { ConsoleEnv, Visit } from "../frame/visit.ts";
import { ScopeGrid } from "../keys/scope-grid.tsx";

/** In their order. */
const FIELDS: readonly FormField[] = [
  { id: "name", label: "Name" },
  { id: "purpose", label: "What is it for?" },
  { id: "environment", label: "Environment" },
  { id: "scopes", label: "Scopes" },
];

export const newKeyRequest = new Hono<ConsoleEnv>()
  .get("/key-requests/new", (c) => showForm(c, EMPTY_FORM, undefined))
  .post("/key-requests/new", async (c) => {
    const form = await readForm(c.req.raw);
    if (isRefusal(form)) return showRefusal(c, form);
    const body = check(keyRequestBody, {
      ...{ name: form.text("name"), purpose: form.text("purpose") },
      ...{ environment: form.text("environment"), scopes: form.list("scopes") },
    });
    const made = await createOnce(
      c,
      form,
      async (caller) => (isRefusal(body) ? body : requestKey(c.var.control, caller, wantedKeyRequestOf(body))),
      () => "/key-requests",
      "requested",
    );
    return isRefusal(made) ? showForm(c, form, made) : made;
  });

function showForm(c: Visit, form: Form, refusal: Refusal | undefined) {
  const { gateway } = c.var.control;
  const problems = problemsOf(refusal, FIELDS);
  const environments = Object.entries(gateway.environments);
  const harmless = environments.findLast(([name]) => name !== gateway.mainEnvironment)?.[0] ?? "";
  return show(
    c,
    { title: "Request a key", refusal },
    <>
      <Crumbs crumbs={[{ path: "/key-requests", name: "Key requests" }]} />
      <h1>Request a key</h1>
      <p class="faint">
        Those in your organization who can create keys see your request, and create the key or decline.
      </p>
      <Mistakes refusal={refusal} fields={FIELDS} />
      <form class="sheet" method="post" action="/key-requests/new" novalidate>
        <Attempt c={c} />
        <Field name="name" label="Name" hint="Of the key, such as nightly-export." problem={problems.get("name")}>
          <input value={form.text("name")} maxlength={200} required autocomplete="off" />
        </Field>
        <Field name="purpose" label="What is it for?" problem={problems.get("purpose")}>
          <textarea maxlength={2000} required>
            {form.text("purpose")}
          </textarea>
        </Field>
        <Choices
          name="environment"
          label="Environment"
          problem={problems.get("environment")}
          type="radio"
          choices={environments.map(([name, { url }]) => ({
            ...{ value: name, text: <EnvironmentBadge name={name} gateway={gateway} />, note: url },
          }))}
          chosen={[form.text("environment") || harmless]}
        />
        <Group name="scopes" label="Scopes" hint="What the key can do." problem={problems.get("scopes")}>
          <ScopeGrid
            policy={gateway.policy}
            withheld={new Map()}
            chosen={new Set(form.list("scopes"))}
            problem={problems.get("scopes")}
          />
        </Group>
        <button type="submit">Send the request</button>
      </form>
    </>,
  );
}
