/** One organization, for the platform team: its terms, its suspension, and its members. */

import { Hono } from "hono";
import { findOrganization } from "../../control/access.ts";
import { readKeyQuota } from "../../control/keys/quota.ts";
import { changeOrganization } from "../../control/organizations/change.ts";
import { createMember } from "../../control/people/create.ts";
import { createSignInLink } from "../../control/sessions/sign-in-link.ts";
import { describe, isRefusal, type Refusal } from "../../errors.ts";
import { check } from "../../management/parse.ts";
import { memberBody } from "../../records/member.ts";
import { type Organization, organizationPatch } from "../../records/organization.ts";
import { listMembers } from "../../store/members.ts";
import { afterwards, boundOf, Done } from "../frame/done.tsx";
import { type Form, problemsOf, readForm } from "../frame/form.ts";
import { show } from "../frame/layout.tsx";
import { LinkSheet } from "../frame/link-sheet.tsx";
import { pageIn } from "../frame/more.tsx";
import { Facts, Field, Moment, Options, Part, Refused, Table } from "../frame/parts.tsx";
import { showRefusal } from "../frame/refusal-page.tsx";
import { type ConsoleEnv, rootOf, type Visit } from "../frame/visit.ts";
import { number } from "../frame/words.ts";
import { formOf, OrganizationFields, organizationFieldsOf } from "./organization-fields.tsx";
import { Version } from "./workspaces.tsx";

const idOf = (c: Visit) => c.req.param("id") as string;

export const organizationTerms = new Hono<ConsoleEnv>()
  .get("/organizations/:id", (c) => showTerms(c, undefined, undefined))
  .post("/organizations/:id", async (c) => {
    const form = await readForm(c.req.raw);
    if (isRefusal(form)) return showRefusal(c, form);
    const status = form.text("status");
    const shown = status ? undefined : form;
    const body = check(organizationPatch, status ? { status } : organizationFieldsOf(form));
    if (isRefusal(body)) return showTerms(c, shown, body);
    const { key_quota: keyQuota, ...fields } = body;
    const caller = { ...rootOf(c), ifMatch: [form.text("version")] };
    const changed = await changeOrganization(c.var.control, caller, idOf(c), { ...fields, keyQuota });
    if (isRefusal(changed)) return showTerms(c, shown, changed);
    return c.redirect(afterwards(`/organizations/${idOf(c)}`, "changed", changed.effect), 303);
  })
  .post("/organizations/:id/members", async (c) => {
    const form = await readForm(c.req.raw);
    if (isRefusal(form)) return showRefusal(c, form);
    const [email, name, role] = [form.text("email"), form.text("member_name"), form.text("role")];
    const body = check(memberBody, { organization_id: idOf(c), email, name, role });
    if (isRefusal(body)) return showTerms(c, undefined, body);
    const wanted = { organizationId: idOf(c), email: body.email, name: body.name, role: body.role, workspaceIds: [] };
    const made = await createMember(c.var.control, rootOf(c), wanted);
    return isRefusal(made) ? showTerms(c, undefined, made) : showLink(c, made.id);
  })
  .post("/organizations/:id/members/:member/sign-in-link", (c) => showLink(c, c.req.param("member")));

async function showLink(c: Visit, memberId: string) {
  const made = await createSignInLink(c.var.control, rootOf(c), { memberId, next: "/" });
  if (isRefusal(made)) return showTerms(c, undefined, made);
  const back = { path: `/organizations/${idOf(c)}`, name: "The organization" };
  return show(c, { title: "Sign-in link", status: 201 }, <LinkSheet made={made} back={back} />);
}

/** `form`: the terms as filled in, if the refusal is about them. */
async function showTerms(c: Visit, form: Form | undefined, refusal: Refusal | undefined) {
  const { control } = c.var;
  const { gateway } = control;
  const organization = await findOrganization(control, rootOf(c), idOf(c), "organizations:read");
  if (isRefusal(organization)) return showRefusal(c, organization);
  const quota = await readKeyQuota(control, rootOf(c), organization.id);
  const problems = problemsOf(form && refusal);
  return show(
    c,
    { title: organization.name, status: refusal ? (describe(refusal).status as 422) : 200 },
    <>
      <p class="crumb">
        <a href="/organizations">Organizations</a>
      </p>
      <h1>{organization.name}</h1>
      <Done c={c} />
      {problems.size === 0 && <Refused refusal={refusal} />}
      <section class="sheet">
        <Facts
          facts={[
            ["Status", <span class={`status ${organization.status}`}>{organization.status}</span>],
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
      <form class="sheet" method="post" novalidate>
        <h2>Terms</h2>
        <Version of={organization} />
        <OrganizationFields form={form ?? formOf(organization)} gateway={gateway} problems={problems} />
        <button type="submit">Save</button>
      </form>
      <People c={c} organization={organization} />
      <Suspension c={c} organization={organization} />
    </>,
  );
}

interface Props {
  readonly c: Visit;
  readonly organization: Organization;
}

async function People({ c, organization: { id } }: Props) {
  const { db, gateway } = c.var.control;
  const page = pageIn(c);
  const members = isRefusal(page) ? [] : (await listMembers(db, id, page)).items;
  const roles = Object.keys(gateway.policy.roles).map((role) => [role, role] as const);
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
        <Field name="email" label="Email address">
          <input id="email" name="email" type="email" required autocomplete="off" />
        </Field>
        <Field name="member_name" label="Their name">
          <input id="member_name" name="member_name" required maxlength={200} autocomplete="off" />
        </Field>
        <Field name="role" label="Role">
          <select id="role" name="role">
            <Options options={roles} chosen={roles[0]?.[0] ?? ""} />
          </select>
        </Field>
        <button type="submit">Add the member and create a link</button>
      </form>
    </section>
  );
}

function Suspension({ c, organization }: Props) {
  const isActive = organization.status === "active";
  return (
    <form class="sheet" method="post">
      <h2>{isActive ? "Suspend" : "Activate"}</h2>
      <Version of={organization} />
      <input type="hidden" name="status" value={isActive ? "suspended" : "active"} />
      <p>
        {isActive
          ? `All its keys are refused everywhere within ${boundOf(c.var.control.gateway)}, and its members cannot sign in.`
          : "Its keys work again."}
      </p>
      <button type="submit" class={isActive ? "grave" : ""}>
        {isActive ? `Suspend ${organization.name}` : `Activate ${organization.name}`}
      </button>
    </form>
  );
}
