/** The members of an organization, for the platform team: it lets them in, and sees the console as they do. */

import { findInvitations } from "../../control/sessions/invitation.ts";
import type { Refusal } from "../../errors.ts";
import type { MemberRecord } from "../../records/member.ts";
import { listMembers } from "../../store/members.ts";
import type { PageRequest } from "../../store/pages.ts";
import { Field, Options } from "../frame/fields.tsx";
import { EMPTY_FORM, type Form } from "../frame/form.ts";
import { type FormField, problemsOf } from "../frame/mistakes.tsx";
import { More } from "../frame/more.tsx";
import { Attempt } from "../frame/once.tsx";
import { Table } from "../frame/parts.tsx";
import type { Visit } from "../frame/visit.ts";
import { LastSignIn, LinkButtons } from "../people/sign-in-links.tsx";

export const MEMBER_FIELDS: readonly FormField[] = [
  { id: "email", label: "Email address" },
  { id: "member_name", label: "Their name", of: "name" },
  { id: "role", label: "Role" },
];

export const memberFieldsOf = (organization_id: string, form: Form) => ({
  organization_id,
  email: form.text("email"),
  name: form.text("member_name"),
  role: form.text("role"),
  workspace_ids: [],
});

interface Props {
  readonly c: Visit;
  /** Of the organization. */
  readonly id: string;
  readonly page: PageRequest;
  /** A new member that came back with a mistake. */
  readonly sent: { readonly form: Form; readonly refusal: Refusal } | undefined;
}

export async function People({ c, id, page, sent }: Props) {
  const { db, gateway, now } = c.var.control;
  const [{ items: members, next }, invitations] = await Promise.all([
    listMembers(db, id, page),
    findInvitations(c.var.control, { organization: id }),
  ]);
  const pathOf = (member: MemberRecord) => `/organizations/${id}/members/${member.id}`;
  const roles = Object.keys(gateway.policy.roles).map((role) => [role, role] as const);
  const form = sent?.form ?? EMPTY_FORM;
  const problems = problemsOf(sent?.refusal, MEMBER_FIELDS);
  return (
    <section class="sheet">
      <h2>Members</h2>
      {members.length > 0 && (
        <Table
          caption="Members"
          rows={members}
          columns={[
            {
              label: "Name",
              cell: ({ name, email, role }) => [
                <strong>{name}</strong>,
                <span class="quietly">
                  {role}, {email}
                </span>,
              ],
            },
            {
              label: "Last sign-in",
              cell: (member) => <LastSignIn member={member} invitation={invitations.get(member.id)} now={now()} />,
            },
            {
              label: "Access",
              cell: (member) => (
                <div class="actions">
                  <LinkButtons base={pathOf(member)} member={member} invitation={invitations.get(member.id)} isSmall />
                  <form method="post" action={`${pathOf(member)}/view`}>
                    <button type="submit" class="quiet small">
                      View the console<span class="unseen"> as {member.name}</span>
                    </button>
                  </form>
                </div>
              ),
            },
          ]}
        />
      )}
      <More path={`/organizations/${id}`} next={next} />
      <form method="post" action={`/organizations/${id}/members`} novalidate>
        <Attempt c={c} />
        <h3>New member</h3>
        <Field name="email" label="Email address" problem={problems.get("email")}>
          <input type="email" value={form.text("email")} required autocomplete="off" />
        </Field>
        <Field name="member_name" label="Their name" problem={problems.get("member_name")}>
          <input value={form.text("member_name")} required maxlength={200} autocomplete="off" />
        </Field>
        <Field name="role" label="Role" problem={problems.get("role")}>
          <select>
            <Options options={roles} chosen={form.text("role") || (roles[0]?.[0] ?? "")} />
          </select>
        </Field>
        <button type="submit">Add the member and create an invitation</button>
      </form>
    </section>
  );
}
