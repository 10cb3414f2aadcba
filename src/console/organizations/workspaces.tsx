/** The workspaces of the visitor's organization. Their deletion is in `delete-workspace.tsx`. */

import { Hono } from "hono/tiny";
import { checkBelonging, findOrganization, findWorkspace, requireScope } from "../../control/access.ts";
import { changeWorkspace } from "../../control/organizations/change-workspace.ts";
import { createWorkspace } from "../../control/organizations/create-workspace.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { check } from "../../management/parse.ts";
import { newWorkspaceOf, workspaceBody, workspaceChangeOf, workspacePatch } from "../../records/workspace.ts";
import { listWorkspaces } from "../../store/workspaces.ts";
import { NAME_FIELD } from "../frame/ask.tsx";
import { Done, finish } from "../frame/done.tsx";
import { Field } from "../frame/fields.tsx";
import { type Form, readForm } from "../frame/form.ts";
import { Version } from "../frame/kept.tsx";
import { show } from "../frame/layout.tsx";
import { Mistakes, nameAgainst, problemsOf } from "../frame/mistakes.tsx";
import { More, pageIn } from "../frame/more.tsx";
import { Attempt, createOnce } from "../frame/once.tsx";
import { Day, Table } from "../frame/parts.tsx";
import { showRefusal } from "../frame/refusal-page.tsx";
import type { ConsoleEnv, Visit } from "../frame/visit.ts";

const FIELDS = [NAME_FIELD];

export const workspacePages = new Hono<ConsoleEnv>()
  .get("/workspaces", (c) => showList(c, undefined, undefined))
  .post("/workspaces", async (c) => {
    const { control, visitor } = c.var;
    const form = await readForm(c.req.raw);
    if (isRefusal(form)) return showRefusal(c, form);
    const organizationId = visitor.session.organizationId;
    const body = check(workspaceBody, { organization_id: organizationId, name: form.text("name") });
    const made = await createOnce(
      c,
      form,
      async (caller) => (isRefusal(body) ? body : createWorkspace(control, caller, newWorkspaceOf(body))),
      () => "/workspaces",
    );
    return isRefusal(made) ? showList(c, form, made) : made;
  })
  .get("/workspaces/:id", (c) => showOne(c, undefined, undefined))
  .post("/workspaces/:id", async (c) => {
    const { control, visitor } = c.var;
    const form = await readForm(c.req.raw);
    if (isRefusal(form)) return showRefusal(c, form);
    const caller = { ...visitor.caller, ifMatch: [form.text("version")] };
    const body = check(workspacePatch, { name: form.text("name") });
    const changed = isRefusal(body)
      ? body
      : await changeWorkspace(control, caller, c.req.param("id"), workspaceChangeOf(body));
    return isRefusal(changed) ? showOne(c, form, changed) : finish(c, `/workspaces/${c.req.param("id")}`, "changed");
  });

async function showList(c: Visit, form: Form | undefined, refusal: Refusal | undefined) {
  const { control, visitor } = c.var;
  const { organizationId } = visitor.session;
  const organization = await findOrganization(control, visitor.caller, organizationId, "workspaces:read");
  if (isRefusal(organization)) return showRefusal(c, organization);
  const page = pageIn(c);
  if (isRefusal(page)) return showRefusal(c, page);
  const workspaces = await listWorkspaces(control.db, organizationId, page);
  return show(
    c,
    { title: "Workspaces", refusal },
    <>
      <h1>Workspaces</h1>
      <p class="faint">The parts of {organization.name}. A key reaches all of them, or only those chosen for it.</p>
      <Done c={c} />
      <Mistakes refusal={refusal} fields={FIELDS} />
      <section class="sheet">
        {workspaces.items.length === 0 ? (
          <p>No workspaces yet.</p>
        ) : (
          <Table
            caption="Workspaces"
            rows={workspaces.items}
            columns={[
              {
                label: "Name",
                cell: ({ id, name: called }) => (
                  <strong>
                    <a href={`/workspaces/${id}`}>{called}</a>
                  </strong>
                ),
              },
              { label: "Keys", cell: ({ id }) => <a href={`/keys?workspace_id=${id}`}>its keys</a> },
              { label: "Created", cell: ({ createdAt }) => <Day at={createdAt} /> },
              { label: "Id", cell: ({ id }) => <code>{id}</code> },
            ]}
          />
        )}
        <More path="/workspaces" next={workspaces.next} />
      </section>
      {requireScope(visitor.caller, "workspaces:write") === undefined && (
        <form class="sheet" method="post" action="/workspaces" novalidate>
          <Attempt c={c} />
          <h2>New workspace</h2>
          <Field name="name" label="Name" problem={problemsOf(refusal, FIELDS).get("name")}>
            <input value={form?.text("name")} maxlength={200} required autocomplete="off" />
          </Field>
          <button type="submit">Create</button>
        </form>
      )}
    </>,
  );
}

async function showOne(c: Visit, form: Form | undefined, refusal: Refusal | undefined) {
  const { control, visitor } = c.var;
  const workspace = await findWorkspace(control, visitor.caller, c.req.param("id") as string, "workspaces:read");
  if (isRefusal(workspace)) return showRefusal(c, workspace);
  const belongs = checkBelonging(visitor.caller, workspace.id) === undefined;
  return show(
    c,
    { title: workspace.name, refusal },
    <>
      <p class="crumb">
        <a href="/workspaces">Workspaces</a>
      </p>
      <h1>{workspace.name}</h1>
      <p class="faint">
        <code>{workspace.id}</code>
      </p>
      <Done c={c} />
      <Mistakes refusal={refusal} fields={FIELDS} against={nameAgainst(form, workspace.name)} />
      {!belongs && <p>You do not belong to this workspace, so you can only see it.</p>}
      {belongs && requireScope(visitor.caller, "workspaces:write") === undefined && (
        <form class="sheet" method="post" action={`/workspaces/${workspace.id}`} novalidate>
          <Version of={workspace} form={form} refusal={refusal} />
          <Field name="name" label="Name" problem={problemsOf(refusal, FIELDS).get("name")}>
            <input value={form?.text("name") ?? workspace.name} maxlength={200} required autocomplete="off" />
          </Field>
          <button type="submit">Rename</button>
        </form>
      )}
      {belongs && requireScope(visitor.caller, "workspaces:delete") === undefined && (
        <section class="sheet">
          <h2>Delete</h2>
          <p>Its keys and members lose it. Keys that reach no other workspace are revoked.</p>
          <a class="button grave" href={`/workspaces/${workspace.id}/delete`}>
            Delete the workspace
          </a>
        </section>
      )}
    </>,
  );
}
