import { Hono } from "hono";
import { findOrganization, requireScope } from "../../control/access.ts";
import { createMember } from "../../control/people/create.ts";
import { describe, isRefusal, type Refusal } from "../../errors.ts";
import { check } from "../../management/parse.ts";
import { memberBody } from "../../records/member.ts";
import { listMembers } from "../../store/members.ts";
import { namesIn, workspacesOf } from "../frame/directory.ts";
import { afterwards, Done } from "../frame/done.tsx";
import { Form, problemsOf, readForm } from "../frame/form.ts";
import { show } from "../frame/layout.tsx";
import { More, pageIn } from "../frame/more.tsx";
import { Day, Field, Refused, Table } from "../frame/parts.tsx";
import { showRefusal } from "../frame/refusal-page.tsx";
import type { ConsoleEnv, Visit } from "../frame/visit.ts";
import { listOf } from "../frame/words.ts";
import { MemberFields } from "./member-fields.tsx";

export const memberList = new Hono<ConsoleEnv>()
  .get("/members", (c) => showList(c, new Form(new URLSearchParams()), undefined))
  .post("/members", async (c) => {
    const { control, visitor } = c.var;
    const form = await readForm(c.req.raw);
    if (isRefusal(form)) return showRefusal(c, form);
    const organizationId = visitor.session.organizationId;
    const [email, name, role] = [form.text("email"), form.text("name"), form.text("role")];
    const fields = { organization_id: organizationId, email, name, role, workspace_ids: form.list("workspace_ids") };
    const body = check(memberBody, fields);
    if (isRefusal(body)) return showList(c, form, body);
    const wanted = {
      organizationId,
      email: body.email,
      name: body.name,
      role: body.role,
      workspaceIds: body.workspace_ids,
    };
    const made = await createMember(control, visitor.caller, wanted);
    return isRefusal(made) ? showList(c, form, made) : c.redirect(afterwards(`/members/${made.id}`, "made"), 303);
  });

async function showList(c: Visit, form: Form, refusal: Refusal | undefined) {
  const { control, visitor } = c.var;
  const { organizationId } = visitor.session;
  const organization = await findOrganization(control, visitor.caller, organizationId, "members:read");
  if (isRefusal(organization)) return showRefusal(c, organization);
  const page = pageIn(c);
  if (isRefusal(page)) return showRefusal(c, page);
  const members = await listMembers(control.db, organizationId, page);
  const workspaces = await workspacesOf(c);
  const workspaceName = namesIn([workspaces]);
  const problems = problemsOf(refusal);
  return show(
    c,
    { title: "Members", status: refusal ? (describe(refusal).status as 422) : 200 },
    <>
      <h1>Members</h1>
      <p class="faint">The people of {organization.name}. Their role decides which keys they manage.</p>
      <Done c={c} />
      {problems.size === 0 && <Refused refusal={refusal} />}
      <section class="sheet">
        <Table
          caption="Members"
          rows={members.items}
          columns={[
            {
              label: "Name",
              cell: ({ id, name, email }) => (
                <>
                  <strong>
                    <a href={`/members/${id}`}>{name}</a>
                  </strong>
                  <span class="quietly">{email}</span>
                </>
              ),
            },
            { label: "Role", cell: ({ role }) => role },
            {
              label: "Workspaces",
              cell: ({ workspaceIds }) =>
                workspaceIds.length > 0 ? listOf(workspaceIds.map(workspaceName)) : <span class="faint">none</span>,
            },
            { label: "Keys", cell: ({ id }) => <a href={`/keys?member_id=${id}`}>their keys</a> },
            { label: "Since", cell: ({ createdAt }) => <Day at={createdAt} /> },
          ]}
        />
        <More path="/members" next={members.next} />
      </section>
      {requireScope(visitor.caller, "members:write") === undefined && (
        <form class="sheet" method="post" action="/members" novalidate>
          <h2>New member</h2>
          <Field name="email" label="Email address" problem={problems.get("email")}>
            <input id="email" name="email" type="email" value={form.text("email")} required autocomplete="off" />
          </Field>
          <MemberFields c={c} form={form} problems={problems} workspaces={workspaces} />
          <button type="submit">Add the member</button>
          <p class="hint">They sign in with a link that an owner creates on their page.</p>
        </form>
      )}
    </>,
  );
}
