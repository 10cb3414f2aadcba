/** One organization, for the platform team: its terms and its members. Its suspension is in `organization-status.tsx`. */

import { Hono } from "hono/tiny";
import { findOrganization } from "../../control/access.ts";
import { readKeyQuota } from "../../control/keys/quota.ts";
import { readUsage } from "../../control/keys/usage.ts";
import { changeOrganization } from "../../control/organizations/change.ts";
import { createSignInLink } from "../../control/sessions/sign-in-link.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { check } from "../../management/parse.ts";
import type { Organization } from "../../records/organization.ts";
import { organizationChangeOf, organizationPatch } from "../../records/organization.ts";
import { listMembers } from "../../store/members.ts";
import { Done, finish } from "../frame/done.tsx";
import { Field, Options } from "../frame/fields.tsx";
import { EMPTY_FORM, type Form, readForm } from "../frame/form.ts";
import { Version } from "../frame/kept.tsx";
import { show } from "../frame/layout.tsx";
import { LinkSheet } from "../frame/link-sheet.tsx";
import { type FormField, Mistakes, problemsOf } from "../frame/mistakes.tsx";
import { pageIn } from "../frame/more.tsx";
import { Facts, Moment, Part, Table } from "../frame/parts.tsx";
import { lastOf } from "../frame/period.ts";
import { showRefusal } from "../frame/refusal-page.tsx";
import { type ConsoleEnv, rootOf, type Visit } from "../frame/visit.ts";
import { number } from "../frame/words.ts";
import { addMember } from "../people/add-member.ts";
import { formOf, ORGANIZATION_FIELDS, OrganizationFields, organizationFieldsOf } from "./organization-fields.tsx";
import { StatusChange } from "./organization-status.tsx";

const idOf = (c: Visit) => c.req.param("id") as string;

/** What came back with a mistake: the terms, or the new member. */
interface Sent {
  readonly form: Form;
  readonly refusal: Refusal;
  readonly to: "terms" | "members";
}

const MEMBER_FIELDS: readonly FormField[] = [
  { id: "email", label: "Email address" },
  { id: "member_name", label: "Their name", of: "name" },
  { id: "role", label: "Role" },
];
const FIELDS = { terms: ORGANIZATION_FIELDS, members: MEMBER_FIELDS };

export const organizationTerms = new Hono<ConsoleEnv>()
  .get("/organizations/:id", (c) => showTerms(c, undefined))
  .post("/organizations/:id", async (c) => {
    const form = await readForm(c.req.raw);
    if (isRefusal(form)) return showRefusal(c, form);
    const changed = await change(c, form);
    if (isRefusal(changed)) return showTerms(c, { form, refusal: changed, to: "terms" });
    return finish(c, `/organizations/${idOf(c)}`, "changed", changed.effect);
  })
  .post("/organizations/:id/members", async (c) => {
    const form = await readForm(c.req.raw);
    if (isRefusal(form)) return showRefusal(c, form);
    const made = await addMember(c.var.control, rootOf(c), memberFieldsOf(idOf(c), form));
    return isRefusal(made) ? showTerms(c, { form, refusal: made, to: "members" }) : showLink(c, made.id);
  })
  .post("/organizations/:id/members/:member/sign-in-link", (c) => showLink(c, c.req.param("member")));

async function change(c: Visit, form: Form) {
  const body = check(organizationPatch, organizationFieldsOf(form));
  if (isRefusal(body)) return body;
  const caller = { ...rootOf(c), ifMatch: [form.text("version")] };
  return changeOrganization(c.var.control, caller, idOf(c), organizationChangeOf(body));
}

const memberFieldsOf = (organization_id: string, form: Form) => ({
  organization_id,
  email: form.text("email"),
  name: form.text("member_name"),
  role: form.text("role"),
  workspace_ids: [],
});

async function showLink(c: Visit, memberId: string) {
  const made = await createSignInLink(c.var.control, rootOf(c), { memberId, next: "/" });
  if (isRefusal(made)) return showTerms(c, { form: EMPTY_FORM, refusal: made, to: "members" });
  const back = { path: `/organizations/${idOf(c)}`, name: "The organization" };
  return show(c, { title: "Sign-in link", status: 201 }, <LinkSheet made={made} back={back} />);
}

async function showTerms(c: Visit, sent: Sent | undefined) {
  const { control } = c.var;
  const { gateway } = control;
  const organization = await findOrganization(control, rootOf(c), idOf(c), "organizations:read");
  if (isRefusal(organization)) return showRefusal(c, organization);
  const { from, to } = lastOf(7, "day", control.now());
  const [quota, usage] = await Promise.all([
    readKeyQuota(control, rootOf(c), organization.id),
    readUsage(control, rootOf(c), { organizationId: organization.id, from, to, groupBy: [] }),
  ]);
  const refusal = sent?.refusal;
  const terms = sent?.to === "terms" ? sent : undefined;
  return show(
    c,
    { title: organization.name, refusal },
    <>
      <p class="crumb">
        <a href="/organizations">Organizations</a>
      </p>
      <h1>{organization.name}</h1>
      <Done c={c} />
      <Mistakes refusal={refusal} fields={sent && FIELDS[sent.to]} />
      <section class="sheet">
        <Facts
          facts={[
            ["Status", <span class={`status ${organization.status}`}>{organization.status}</span>],
            ["Requests, 7 days", <Part of={usage}>{([sum]) => number(sum?.requests ?? 0)}</Part>],
            ["Key quota", <Part of={quota}>{({ used, limit }) => `${number(used)} of ${number(limit)} used`}</Part>],
            [
              "First key created",
              organization.trialStartedAt === null ? "not yet" : <Moment at={organization.trialStartedAt} />,
            ],
            ["Created", <Moment at={organization.createdAt} />],
            ["Id", <code>{organization.id}</code>],
          ]}
        />
      </section>
      <form class="sheet" method="post" action={`/organizations/${organization.id}`} novalidate>
        <h2>Terms</h2>
        <Version of={organization} form={terms?.form} refusal={refusal} />
        <OrganizationFields
          form={terms?.form ?? formOf(organization)}
          gateway={gateway}
          problems={problemsOf(terms?.refusal, ORGANIZATION_FIELDS)}
        />
        <button type="submit">Save</button>
      </form>
      <People c={c} organization={organization} sent={sent?.to === "members" ? sent : undefined} />
      <StatusChange c={c} organization={organization} />
    </>,
  );
}

interface PeopleProps {
  readonly c: Visit;
  readonly organization: Organization;
  readonly sent: Sent | undefined;
}

async function People({ c, organization: { id }, sent }: PeopleProps) {
  const { db, gateway } = c.var.control;
  const page = pageIn(c);
  const members = isRefusal(page) ? [] : (await listMembers(db, id, page)).items;
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
              cell: ({ name, email }) => [<strong>{name}</strong>, <span class="quietly">{email}</span>],
            },
            { label: "Role", cell: ({ role }) => role },
            {
              label: "Sign-in",
              cell: (member) => (
                <form method="post" action={`/organizations/${id}/members/${member.id}/sign-in-link`}>
                  <button type="submit" class="quiet small">
                    Create a sign-in link<span class="unseen"> for {member.name}</span>
                  </button>
                </form>
              ),
            },
          ]}
        />
      )}
      <form method="post" action={`/organizations/${id}/members`} novalidate>
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
        <button type="submit">Add the member and create a link</button>
      </form>
    </section>
  );
}
