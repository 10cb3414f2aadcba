/** Editing a key: the form, then a review, then the change, unless someone else changed the key meanwhile. */

import { Hono } from "hono";
import { findKey } from "../../control/access.ts";
import { changeKey } from "../../control/keys/change.ts";
import { draftOf, withheldScopes } from "../../control/keys/draft.ts";
import { describe, isRefusal, type Refusal } from "../../errors.ts";
import { check } from "../../management/parse.ts";
import { keyChangeOf, keyPatch, type ManagedKey } from "../../records/key.ts";
import { readKeyRecord } from "../../store/key-records.ts";
import { namesIn, offeredWorkspaces } from "../frame/directory.ts";
import { afterwards, boundOf } from "../frame/done.tsx";
import { type Form, problemsOf, readForm } from "../frame/form.ts";
import { show } from "../frame/layout.tsx";
import { Notice, Refused } from "../frame/parts.tsx";
import { showRefusal } from "../frame/refusal-page.tsx";
import type { ConsoleEnv, Visit } from "../frame/visit.ts";
import { type Difference, differencesOf } from "./differences.ts";
import { EditForm } from "./edit-form.tsx";
import { editedFields, fieldsOf, formOf } from "./edited.ts";

export const keyEdit = new Hono<ConsoleEnv>()
  .get("/keys/:id/edit", async (c) => {
    const key = await keyOf(c);
    return isRefusal(key) ? showRefusal(c, key) : showForm(c, key, formOf(key), undefined);
  })
  .post("/keys/:id/edit", async (c) => {
    const form = await readForm(c.req.raw);
    if (isRefusal(form)) return showRefusal(c, form);
    const key = await keyOf(c);
    if (isRefusal(key)) return showRefusal(c, key);
    const intent = form.text("intent");
    if (intent === "edit") return showForm(c, key, form, undefined);
    const fields = check(keyPatch, editedFields(form, key));
    if (isRefusal(fields)) return showForm(c, key, form, fields);
    return intent === "save" ? save(c, key, form, fields) : review(c, key, form, undefined);
  });

const keyOf = (c: Visit) => findKey(c.var.control, c.var.visitor.caller, c.req.param("id") as string, "api_keys:write");

async function save(c: Visit, key: ManagedKey, form: Form, fields: Parameters<typeof keyChangeOf>[0]) {
  const caller = { ...c.var.visitor.caller, ifMatch: [form.text("version")] };
  const changed = await changeKey(c.var.control, caller, key.id, keyChangeOf(fields));
  if (!isRefusal(changed)) return c.redirect(afterwards(`/keys/${key.id}`, "changed", changed.effect), 303);
  if (changed.code !== "precondition_failed") return showForm(c, key, form, changed);
  const current = await keyOf(c);
  return isRefusal(current) ? showRefusal(c, current) : review(c, current, form, changed);
}

async function showForm(c: Visit, key: ManagedKey, form: Form, refusal: Refusal | undefined) {
  const { control, visitor } = c.var;
  const record = await readKeyRecord(control.db, key.environment, key.id);
  const draft = record ?? draftOf(control, visitor.session.member, key);
  const problems = problemsOf(refusal);
  return show(
    c,
    { title: `Edit ${key.name}`, status: refusal ? (describe(refusal).status as 422) : 200 },
    <>
      <Crumb keyOf={key} />
      <h1>Edit the key</h1>
      <p class="faint">
        Its environment, reach and member cannot be changed. You can review the change before it is saved.
      </p>
      {refusal && problems.size > 0 ? (
        <Notice kind="bad">Nothing was saved. Fix the marked fields.</Notice>
      ) : (
        <Refused refusal={refusal} />
      )}
      <EditForm
        keyOf={key}
        form={form}
        problems={problems}
        gateway={control.gateway}
        withheld={withheldScopes(control, visitor.caller, draft)}
        workspaces={await offeredWorkspaces(c, key.workspaceIds)}
      />
    </>,
  );
}

/** `refusal`: someone changed the key after it was read. `key` is the present one. */
async function review(c: Visit, key: ManagedKey, form: Form, refusal: Refusal | undefined) {
  const before = fieldsOf(key);
  const changes = differencesOf(
    before,
    editedFields(form, key),
    namesIn([await offeredWorkspaces(c, key.workspaceIds)]),
  );
  const isOvertaken = refusal !== undefined || form.text("version") !== key.version;
  return show(
    c,
    { title: "Review the change", status: refusal ? 412 : 200 },
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
        <Kept form={form} version={key.version} />
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

/** The form again, with the version that the changes were compared with. */
function Kept({ form, version }: { form: Form; version: string }) {
  const kept = form.entries().filter(([name]) => name !== "intent" && name !== "version");
  return (
    <>
      {[...kept, ["version", version] as const].map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
    </>
  );
}
