import { Hono } from "hono/tiny";
import { findOrganization, requireScope } from "../../control/access.ts";
import type { Caller } from "../../control/control.ts";
import { countKeysOf } from "../../control/keys/list.ts";
import { isOwner } from "../../control/people/rules.ts";
import { findInvitations } from "../../control/sessions/invitation.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import type { MemberRecord } from "../../records/member.ts";
import { listMembers } from "../../store/members.ts";
import { namesIn, workspacesOf } from "../frame/directory.ts";
import { Done, finish } from "../frame/done.tsx";
import { Field } from "../frame/fields.tsx";
import { EMPTY_FORM, type Form, readForm } from "../frame/form.ts";
import { show } from "../frame/layout.tsx";
import { Mistakes, problemsOf } from "../frame/mistakes.tsx";
import { More, pageIn } from "../frame/more.tsx";
import { Attempt, createOnce } from "../frame/once.tsx";
import { Table } from "../frame/parts.tsx";
import { showRefusal } from "../frame/refusal-page.tsx";
import type { ConsoleEnv, Visit } from "../frame/visit.ts";
import { listOf } from "../frame/words.ts";
import { addMember } from "./add-member.ts";
import { MEMBER_FIELDS, MemberFields } from "./member-fields.tsx";
import { LastSignIn, showNewLink } from "./sign-in-links.tsx";

/** What is counted of one member. A page has fifty of them. */
const MAX_KEYS = 100;
const FIELDS = [{ id: "email", label: "Email address" }, ...MEMBER_FIELDS];

export const memberList = new Hono<ConsoleEnv>()
  .get("/members", (c) => showList(c, EMPTY_FORM, undefined))
  .post("/members", async (c) => {
    const { control, visitor } = c.var;
    const form = await readForm(c.req.raw);
    if (isRefusal(form)) return showRefusal(c, form);
    const input = {
      organization_id: visitor.session.organizationId,
      email: form.text("email"),
      name: form.text("name"),
      role: form.text("role") || undefined,
      workspace_ids: form.list("workspace_ids"),
    };
    const act = (caller: Caller) => addMember(control, caller, input);
    const made = await createOnce(c, form, act, pathOf, "repeated", (member) => welcome(c, member));
    return isRefusal(made) ? showList(c, form, made) : made;
  });

const pathOf = (id: string) => `/members/${id}`;

async function welcome(c: Visit, { id, name }: MemberRecord): Promise<Response> {
  const { caller } = c.var.visitor;
  const link = canInvite(caller) && (await showNewLink(c, caller, id, { path: pathOf(id), name }));
  return link instanceof Response ? link : finish(c, pathOf(id), "made");
}

const canInvite = ({ standing }: Caller) => standing.kind === "member" && isOwner(standing);

/** `count`: of those that the visitor sees; `undefined` if they see none. */
function Keys({ of, name, count }: { of: string; name: string; count: number | undefined }) {
  if (count === undefined) return null;
  const noun = <span class="noun"> {count === 1 ? "key" : "keys"}</span>;
  if (count === 0) return <span class="faint">0{noun}</span>;
  return (
    <a href={`/keys?member_id=${of}`}>
      {count > MAX_KEYS ? `${MAX_KEYS}+` : count}
      {noun}
      <span class="unseen"> of {name}</span>
    </a>
  );
}

async function showList(c: Visit, form: Form, refusal: Refusal | undefined) {
  const { control, visitor } = c.var;
  const { organizationId } = visitor.session;
  const organization = await findOrganization(control, visitor.caller, organizationId, "members:read");
  if (isRefusal(organization)) return showRefusal(c, organization);
  const page = pageIn(c);
  if (isRefusal(page)) return showRefusal(c, page);
  const members = await listMembers(control.db, organizationId, page);
  const now = control.now();
  const ids = members.items.map(({ id }) => id);
  const [workspaces, invitations, keys] = await Promise.all([
    workspacesOf(c, [...members.items.flatMap(({ workspaceIds }) => workspaceIds), ...form.list("workspace_ids")]),
    findInvitations(control, { organization: organizationId }),
    countKeysOf(control, visitor.caller, { organizationId, ids }, MAX_KEYS + 1),
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
                      <a href={pathOf(id)}>{name}</a>
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
                isNumber: true,
                cell: ({ id, name }) => <Keys of={id} name={name} count={isRefusal(keys) ? undefined : keys.get(id)} />,
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
          <Attempt c={c} />
          <h2>New member</h2>
          <Field name="email" label="Email address" problem={problems.get("email")}>
            <input type="email" value={form.text("email")} required autocomplete="off" />
          </Field>
          <MemberFields c={c} form={form} problems={problems} workspaces={workspaces} stored={[]} />
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
