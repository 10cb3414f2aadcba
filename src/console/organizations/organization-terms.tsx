/** One organization, for the platform team: its terms and its members. Its suspension is in `organization-status.tsx`. */

import { Hono } from "hono/tiny";
import { findOrganization } from "../../control/access.ts";
import type { Caller } from "../../control/control.ts";
import { readKeyQuota } from "../../control/keys/quota.ts";
import { readUsage } from "../../control/keys/usage.ts";
import { changeOrganization } from "../../control/organizations/change.ts";
import { revokeInvitation } from "../../control/sessions/invitation.ts";
import { beginView, endView } from "../../control/sessions/view.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { check } from "../../management/parse.ts";
import { type Organization, organizationChangeOf, organizationPatch } from "../../records/organization.ts";
import { Done, finish } from "../frame/done.tsx";
import { EMPTY_FORM, type Form, readForm } from "../frame/form.ts";
import { Version } from "../frame/kept.tsx";
import { show } from "../frame/layout.tsx";
import { Mistakes, problemsOf } from "../frame/mistakes.tsx";
import { pageIn } from "../frame/more.tsx";
import { createOnce } from "../frame/once.tsx";
import { Facts, Moment, Part } from "../frame/parts.tsx";
import { lastOf } from "../frame/period.ts";
import { showRefusal } from "../frame/refusal-page.tsx";
import { END_OF_VIEW } from "../frame/viewing.tsx";
import { type ConsoleEnv, rootOf, type Visit } from "../frame/visit.ts";
import { number } from "../frame/words.ts";
import { addMember } from "../people/add-member.ts";
import { showNewLink } from "../people/sign-in-links.tsx";
import { formOf, ORGANIZATION_FIELDS, OrganizationFields, organizationFieldsOf } from "./organization-fields.tsx";
import { MEMBER_FIELDS, memberFieldsOf, People } from "./organization-people.tsx";
import { StatusChange } from "./organization-status.tsx";

const idOf = (c: Visit) => c.req.param("id") as string;

/** What came back with a mistake: the terms, or the new member. */
interface Sent {
  readonly form: Form;
  readonly refusal: Refusal;
  readonly to: "terms" | "members";
}

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
    const act = (caller: Caller) => addMember(c.var.control, caller, memberFieldsOf(idOf(c), form));
    const page = () => `/organizations/${idOf(c)}`;
    const made = await createOnce(c, form, act, page, "repeated", ({ id }) => showLink(c, id));
    return isRefusal(made) ? showTerms(c, { form, refusal: made, to: "members" }) : made;
  })
  .post("/organizations/:id/members/:member/sign-in-link", (c) => showLink(c, c.req.param("member")))
  .post("/organizations/:id/members/:member/invitation/revoke", async (c) => {
    const revoked = await revokeInvitation(c.var.control, rootOf(c), c.req.param("member"));
    if (isRefusal(revoked)) return showTerms(c, { form: EMPTY_FORM, refusal: revoked, to: "members" });
    return finish(c, `/organizations/${idOf(c)}`, "uninvited");
  })
  .post("/organizations/:id/members/:member/view", async (c) => {
    const begun = await beginView(c.var.control, rootOf(c), c.req.param("member"));
    return isRefusal(begun) ? showTerms(c, { form: EMPTY_FORM, refusal: begun, to: "members" }) : c.redirect("/", 303);
  })
  .post(END_OF_VIEW, async (c) => {
    await endView(c.var.control, rootOf(c));
    const of = c.var.viewed?.member.organizationId;
    return c.redirect(of === undefined ? "/organizations" : `/organizations/${of}`, 303);
  });

async function change(c: Visit, form: Form) {
  const body = check(organizationPatch, organizationFieldsOf(form));
  if (isRefusal(body)) return body;
  const caller = { ...rootOf(c), ifMatch: [form.text("version")] };
  return changeOrganization(c.var.control, caller, idOf(c), organizationChangeOf(body));
}

async function showLink(c: Visit, memberId: string) {
  const crumb = { path: `/organizations/${idOf(c)}`, name: "The organization" };
  const made = await showNewLink(c, rootOf(c), memberId, crumb);
  return isRefusal(made) ? showTerms(c, { form: EMPTY_FORM, refusal: made, to: "members" }) : made;
}

/** Only if it has an effect does the form have the location. */
const storedAs = (organization: Organization, form: Form): Form =>
  formOf(form.has("location") ? organization : { ...organization, location: null });

async function showTerms(c: Visit, sent: Sent | undefined) {
  const { control } = c.var;
  const { gateway } = control;
  const organization = await findOrganization(control, rootOf(c), idOf(c), "organizations:read");
  if (isRefusal(organization)) return showRefusal(c, organization);
  const page = pageIn(c);
  if (isRefusal(page)) return showRefusal(c, page);
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
      <Mistakes
        refusal={refusal}
        fields={sent && FIELDS[sent.to]}
        against={terms && { sent: terms.form, stored: storedAs(organization, terms.form) }}
      />
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
      <People c={c} id={organization.id} page={page} sent={sent?.to === "members" ? sent : undefined} />
      <StatusChange c={c} organization={organization} />
    </>,
  );
}
