/** Editing a key: the form, then a review, then the change, unless someone else changed the key meanwhile. */

import { Hono } from "hono/tiny";
import { findKey } from "../../control/access.ts";
import { changeKey, refusalsOfChange } from "../../control/keys/change.ts";
import { draftOf, withheldScopes } from "../../control/keys/draft.ts";
import { allOf } from "../../control/validation.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { checkEach } from "../../management/parse.ts";
import { changeableOf, type KeyChange, keyChangeOf, keyPatch, type ManagedKey } from "../../records/key.ts";
import { readKeyRecord } from "../../store/key-records.ts";
import { namesIn, offeredWorkspaces } from "../frame/directory.ts";
import { boundOf, finish } from "../frame/done.tsx";
import { type Form, readForm } from "../frame/form.ts";
import { Kept, Version } from "../frame/kept.tsx";
import { show } from "../frame/layout.tsx";
import { Mistakes, problemsOf } from "../frame/mistakes.tsx";
import { Notice } from "../frame/parts.tsx";
import { showRefusal } from "../frame/refusal-page.tsx";
import type { ConsoleEnv, Visit } from "../frame/visit.ts";
import { type Difference, differencesOf } from "./differences.ts";
import { EditForm } from "./edit-form.tsx";
import { changesIn, completed, editFields, formOf } from "./edited.ts";

export const keyEdit = new Hono<ConsoleEnv>()
  .get("/keys/:id/edit", async (c) => {
    const key = await keyOf(c);
    return isRefusal(key) ? showRefusal(c, key) : showForm(c, key, formOf(key), undefined);
  })
  .post("/keys/:id/edit", async (c) => {
    const sent = await readForm(c.req.raw);
    if (isRefusal(sent)) return showRefusal(c, sent);
    const key = await keyOf(c);
    if (isRefusal(key)) return showRefusal(c, key);
    const form = completed(sent, key);
    const intent = form.text("intent");
    if (intent === "edit") return showForm(c, key, form, undefined);
    const change = await checkEdit(c, key, form);
    if (isRefusal(change)) return showForm(c, key, form, change);
    return intent === "save" ? save(c, key, form, change) : review(c, key, form, undefined);
  });

const keyOf = (c: Visit) => findKey(c.var.control, c.var.visitor.caller, c.req.param("id") as string, "api_keys:write");

/** All that is wrong is found before anything is saved. */
async function checkEdit(c: Visit, key: ManagedKey, form: Form): Promise<KeyChange | Refusal> {
  const { fields, refusal } = checkEach(keyPatch, changesIn(form, key));
  const change = keyChangeOf(fields);
  return allOf([refusal, ...(await refusalsOfChange(c.var.control, key, change))]) ?? change;
}

async function save(c: Visit, key: ManagedKey, form: Form, change: KeyChange) {
  const caller = { ...c.var.visitor.caller, ifMatch: [form.text("version")] };
  const changed = await changeKey(c.var.control, caller, key.id, change);
  if (!isRefusal(changed)) return finish(c, `/keys/${key.id}`, "changed", changed.effect);
  if (changed.code !== "precondition_failed") return showForm(c, key, form, changed);
  const current = await keyOf(c);
  return isRefusal(current) ? showRefusal(c, current) : review(c, current, form, changed);
}

async function showForm(c: Visit, key: ManagedKey, form: Form, refusal: Refusal | undefined) {
  const { control, visitor } = c.var;
  const record = await readKeyRecord(control.db, key.environment, key.id);
  const draft = record ?? draftOf(control, visitor.session.member, key);
  const fields = editFields(form);
  return show(
    c,
    { title: `Edit ${key.name}`, refusal },
    <>
      <Crumb keyOf={key} />
      <h1>Edit the key</h1>
      <p class="faint">
        Its environment, reach and member cannot be changed. You can review the change before it is saved.
      </p>
      <Mistakes refusal={refusal} fields={fields} />
      <EditForm
        keyOf={key}
        form={form}
        problems={problemsOf(refusal, fields)}
        gateway={control.gateway}
        withheld={withheldScopes(control, visitor.caller, draft)}
        workspaces={await offeredWorkspaces(c, workspacesIn(key, form))}
      />
    </>,
  );
}

const workspacesIn = (key: ManagedKey, form: Form) => [
  ...new Set([...key.workspaceIds, ...form.list("workspace_ids")]),
];

/** `refusal`: someone changed the key after it was read. `key` is the present one. */
async function review(c: Visit, key: ManagedKey, form: Form, refusal: Refusal | undefined) {
  const before = changeableOf(key);
  const changes = differencesOf(
    before,
    changesIn(form, key),
    namesIn([await offeredWorkspaces(c, workspacesIn(key, form))]),
  );
  const isOvertaken = refusal !== undefined || form.text("version") !== key.version;
  return show(
    c,
    { title: "Review the change", refusal },
    <>
      <Crumb keyOf={key} />
      <h1>Review the change</h1>
      {isOvertaken && (
        <Notice kind="bad">
          <strong>Someone else changed this key after you opened it.</strong> Your change is not saved yet. Below, your
          version is compared with theirs. If you save now, yours replaces theirs.
        </Notice>
      )}
      <form class="sheet" method="post">
        <Changes changes={changes} />
        <Kept fields={form.entries().filter(([name]) => name !== "intent" && name !== "version")} />
        <Version of={key} />
        {changes.length > 0 && <p>It takes effect everywhere within {boundOf(c.var.control.gateway)}.</p>}
        <div class="actions">
          {changes.length > 0 && (
            <button type="submit" name="intent" value="save">
              Save the change
            </button>
          )}
          <button type="submit" name="intent" value="edit" class="quiet">
            Keep editing
          </button>
          <a class="button quiet" href={`/keys/${key.id}`}>
            Cancel
          </a>
        </div>
      </form>
    </>,
  );
}

function Crumb({ keyOf: key }: { keyOf: ManagedKey }) {
  return (
    <p class="crumb">
      <a href="/keys">API keys</a> › <a href={`/keys/${key.id}`}>{key.name}</a>
    </p>
  );
}

function Changes({ changes }: { changes: readonly Difference[] }) {
  if (changes.length === 0) return <p>Nothing would change.</p>;
  return (
    <dl class="facts change">
      {changes.map(({ field, removed, added }) => (
        <div>
          <dt>{field}</dt>
          <dd>
            {removed.map((text) => (
              <div>
                <del>{text}</del>
              </div>
            ))}
            {added.map((text) => (
              <div>
                <ins>{text}</ins>
              </div>
            ))}
          </dd>
        </div>
      ))}
    </dl>
  );
}
