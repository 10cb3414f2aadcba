import { Hono } from "hono/tiny";
import { findOrganization, requireScope } from "../../control/access.ts";
import type { Caller } from "../../control/control.ts";
import { isOwner } from "../../control/sessions/rules.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { listMembers } from "../../store/members.ts";
import { readInvitations } from "../../store/sign-in-links.ts";
import { namesIn, workspacesOf } from "../frame/directory.ts";
import { Done, finish } from "../frame/done.tsx";
import { Field } from "../frame/fields.tsx";
import { EMPTY_FORM, type Form, readForm } from "../frame/form.ts";
import { show } from "../frame/layout.tsx";
import { Mistakes, problemsOf } from "../frame/mistakes.tsx";
import { More, pageIn } from "../frame/more.tsx";
import { Table } from "../frame/parts.tsx";
import { showRefusal } from "../frame/refusal-page.tsx";
import type { ConsoleEnv, Visit } from "../frame/visit.ts";
import { listOf } from "../frame/words.ts";
import { addMember } from "./add-member.ts";
import { MEMBER_FIELDS, MemberFields } from "./member-fields.tsx";
import { LastSignIn, showNewLink } from "./sign-in-links.tsx";

const FIELDS = [{ id: "email", label: "Email address" }, ...MEMBER_FIELDS];

export const memberList = new Hono<ConsoleEnv>()
  .get("/members", (c) => showList(c, EMPTY_FORM, undefined))
  .post("/members", async (c) => {
    const { control, visitor } = c.var;
    const form = await readForm(c.req.raw);
    if (isRefusal(form)) return showRefusal(c, form);
    const made = await addMember(control, visitor.caller, {
      organization_id: visitor.session.organizationId,
      email: form.text("email"),
      name: form.text("name"),
      role: form.text("role") || undefined,
      workspace_ids: form.list("workspace_ids"),
    });
    if (isRefusal(made)) return showList(c, form, made);
    const path = `/members/${made.id}`;
    const link = canInvite(visitor.caller)
      ? await showNewLink(c, visitor.caller, made.id, { path, name: made.name })
      : undefined;
    return link instanceof Response ? link : finish(c, path, "made");
  });

const canInvite = ({ standing }: Caller) => standing.kind === "member" && isOwner(standing);

async function showList(c: Visit, form: Form, refusal: Refusal | undefined) {
  const { control, visitor } = c.var;
  const { organizationId } = visitor.session;
  const organization = await findOrganization(control, visitor.caller, organizationId, "members:read");
  if (isRefusal(organization)) return showRefusal(c, organization);
  const page = pageIn(c);
  if (isRefusal(page)) return showRefusal(c, page);
  const members = await listMembers(control.db, organizationId, page);
  const now = control.now();
  const [workspaces, invitations] = await Promise.all([
    workspacesOf(c),
    readInvitations(control.db, { organization: organizationId }, now),
  ]);
  const workspaceName = namesIn([workspaces]);
  const problems = problemsOf(refusal, FIELDS);
  const isInviter = canInvite(visitor.caller);
  return show(
    c,
    { title: "Members", refusal },
    <>
      <h1>Members</h1>
      <p class="faint">The people of {organization.name}. Their role decides which keys they manage.</p>
      <Done c={c} />
      <Mistakes refusal={refusal} fields={FIELDS} />
      <section class="sheet">
        <div class="people">
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
                    <span class="quietly" title={email}>
                      {email}
                    </span>
                  </>
                ),
              },
              { label: "Role", cell: ({ role }) => role },
              {
                label: "Workspaces",
                cell: ({ workspaceIds }) =>
                  workspaceIds.length > 0 ? listOf(workspaceIds.map(workspaceName)) : <span class="faint">none</span>,
              },
              {
                label: "Keys",
                cell: ({ id, name }) => (
                  <a href={`/keys?member_id=${id}`}>
                    Show keys<span class="unseen"> of {name}</span>
                  </a>
                ),
              },
              {
                label: "Last sign-in",
                cell: (member) => <LastSignIn member={member} invitation={invitations.get(member.id)} now={now} />,
              },
            ]}
          />
        </div>
        <More path="/members" next={members.next} />
      </section>
      {requireScope(visitor.caller, "members:write") === undefined && (
        <form class="sheet" method="post" action="/members" novalidate>
          <h2>New member</h2>
          <Field name="email" label="Email address" problem={problems.get("email")}>
            <input type="email" value={form.text("email")} required autocomplete="off" />
          </Field>
          <MemberFields c={c} form={form} problems={problems} workspaces={workspaces} />
          <button type="submit">{isInviter ? "Add the member and create an invitation" : "Add the member"}</button>
          <p class="hint">
            They sign in with a link that{" "}
            {isInviter ? "you see next, and send to them" : "an owner creates on their page"}.
          </p>
        </form>
      )}
    </>,
  );
}
