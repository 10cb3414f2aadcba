import { Hono } from "hono";
import { checkBelonging, findOrganization, findWorkspace, requireScope } from "../../control/access.ts";
import { changeWorkspace, deleteWorkspace } from "../../control/organizations/change-workspace.ts";
import { createWorkspace } from "../../control/organizations/create-workspace.ts";
import { describe, isRefusal, type Refusal } from "../../errors.ts";
import { check } from "../../management/parse.ts";
import { type Workspace, workspaceBody, workspacePatch } from "../../records/workspace.ts";
import { listWorkspaces } from "../../store/workspaces.ts";
import { afterwards, boundOf, Done } from "../frame/done.tsx";
import { problemsOf, readForm } from "../frame/form.ts";
import { show } from "../frame/layout.tsx";
import { More, pageIn } from "../frame/more.tsx";
import { Day, Field, Notice, Refused, Table } from "../frame/parts.tsx";
import { showRefusal } from "../frame/refusal-page.tsx";
import type { ConsoleEnv, Visit } from "../frame/visit.ts";

export const workspacePages = new Hono<ConsoleEnv>()
  .get("/workspaces", (c) => showList(c, "", undefined))
  .post("/workspaces", async (c) => {
    const { control, visitor } = c.var;
    const form = await readForm(c.req.raw);
    if (isRefusal(form)) return showRefusal(c, form);
    const organizationId = visitor.session.organizationId;
    const body = check(workspaceBody, { organization_id: organizationId, name: form.text("name") });
    const made = isRefusal(body)
      ? body
      : await createWorkspace(control, visitor.caller, { organizationId, name: body.name });
    return isRefusal(made) ? showList(c, form.text("name"), made) : c.redirect(afterwards("/workspaces", "made"), 303);
  })
  .get("/workspaces/:id", (c) => showOne(c, undefined))
  .post("/workspaces/:id", async (c) => {
    const { control, visitor } = c.var;
    const form = await readForm(c.req.raw);
    if (isRefusal(form)) return showRefusal(c, form);
    const caller = { ...visitor.caller, ifMatch: [form.text("version")] };
    const body = check(workspacePatch, { name: form.text("name") });
    const changed = isRefusal(body) ? body : await changeWorkspace(control, caller, c.req.param("id"), body);
    return isRefusal(changed) ? showOne(c, changed) : c.redirect(afterwards("/workspaces", "changed"), 303);
  })
  .post("/workspaces/:id/delete", async (c) => {
    const { control, visitor } = c.var;
    const form = await readForm(c.req.raw);
    if (isRefusal(form)) return showRefusal(c, form);
    const caller = { ...visitor.caller, ifMatch: [form.text("version")] };
    const deleted = await deleteWorkspace(control, caller, c.req.param("id"));
    return isRefusal(deleted)
      ? showOne(c, deleted)
      : c.redirect(afterwards("/workspaces", "removed", deleted.effect), 303);
  });

async function showList(c: Visit, name: string, refusal: Refusal | undefined) {
  const { control, visitor } = c.var;
  const { organizationId } = visitor.session;
  const organization = await findOrganization(control, visitor.caller, organizationId, "workspaces:read");
  if (isRefusal(organization)) return showRefusal(c, organization);
  const page = pageIn(c);
  if (isRefusal(page)) return showRefusal(c, page);
  const workspaces = await listWorkspaces(control.db, organizationId, page);
  const problem = problemsOf(refusal).get("name");
  return show(
    c,
    { title: "Workspaces", status: refusal ? (describe(refusal).status as 422) : 200 },
    <>
      <h1>Workspaces</h1>
      <p class="faint">The parts of {organization.name}. A key reaches all of them, or only those chosen for it.</p>
      <Done c={c} />
      {!problem && <Refused refusal={refusal} />}
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
        <form class="sheet" method="post" action="/workspaces">
          <h2>New workspace</h2>
          <Field name="name" label="Name" problem={problem}>
            <input id="name" name="name" value={name} maxlength={200} required autocomplete="off" />
          </Field>
          <button type="submit">Create</button>
        </form>
      )}
    </>,
  );
}

async function showOne(c: Visit, refusal: Refusal | undefined) {
  const { control, visitor } = c.var;
  const workspace = await findWorkspace(control, visitor.caller, c.req.param("id") as string, "workspaces:read");
  if (isRefusal(workspace)) return showRefusal(c, workspace);
  const problem = problemsOf(refusal).get("name");
  const belongs = checkBelonging(visitor.caller, workspace.id) === undefined;
  return show(
    c,
    { title: workspace.name, status: refusal ? (describe(refusal).status as 422) : 200 },
    <>
      <p class="crumb">
        <a href="/workspaces">Workspaces</a>
      </p>
      <h1>{workspace.name}</h1>
      <p class="faint">
        <code>{workspace.id}</code>
      </p>
      {!problem && <Refused refusal={refusal} />}
      {!belongs && <p>You do not belong to this workspace, so you can only see it.</p>}
      {belongs && requireScope(visitor.caller, "workspaces:write") === undefined && (
        <form class="sheet" method="post">
          <Version of={workspace} />
          <Field name="name" label="Name" problem={problem}>
            <input id="name" name="name" value={workspace.name} maxlength={200} required autocomplete="off" />
          </Field>
          <button type="submit">Rename</button>
        </form>
      )}
      {belongs && requireScope(visitor.caller, "workspaces:delete") === undefined && (
        <form class="sheet" method="post" action={`/workspaces/${workspace.id}/delete`}>
          <h2>Delete</h2>
          <Version of={workspace} />
          <Notice kind="note">
            Keys and members lose it everywhere within {boundOf(control.gateway)}. Keys that reach no other workspace
            are revoked for good. <a href={`/keys?workspace_id=${workspace.id}&status=active`}>See its active keys</a>.
          </Notice>
          <label class="choice">
            <input type="checkbox" required />
            <span>I have checked its keys</span>
          </label>
          <button type="submit" class="grave">
            Delete {workspace.name}
          </button>
        </form>
      )}
    </>,
  );
}

export function Version({ of }: { of: Pick<Workspace, "version"> }) {
  return <input type="hidden" name="version" value={of.version} />;
}
