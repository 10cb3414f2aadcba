/** The visitor's own organization. The platform team changes its terms on another page. */

import { Hono } from "hono/tiny";
import { findOrganization, requireScope } from "../../control/access.ts";
import { readKeyQuota } from "../../control/keys/quota.ts";
import { changeOrganization } from "../../control/organizations/change.ts";
import { isOpen } from "../../control/organizations/rules.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { check } from "../../management/parse.ts";
import { organizationPatch } from "../../records/organization.ts";
import { Done, finish } from "../frame/done.tsx";
import { Field } from "../frame/fields.tsx";
import { type Form, readForm } from "../frame/form.ts";
import { Version } from "../frame/kept.tsx";
import { show } from "../frame/layout.tsx";
import { Mistakes, nameAgainst, problemsOf } from "../frame/mistakes.tsx";
import { EnvironmentBadge, Facts, Moment } from "../frame/parts.tsx";
import { showRefusal } from "../frame/refusal-page.tsx";
import type { ConsoleEnv, Visit } from "../frame/visit.ts";
import { number } from "../frame/words.ts";

export const organizationPage = new Hono<ConsoleEnv>()
  .get("/organization", (c) => showOrganization(c, undefined))
  .post("/organization", async (c) => {
    const { control, visitor } = c.var;
    const form = await readForm(c.req.raw);
    if (isRefusal(form)) return showRefusal(c, form);
    const caller = { ...visitor.caller, ifMatch: [form.text("version")] };
    const body = check(organizationPatch, { name: form.text("name") });
    const changed = isRefusal(body)
      ? body
      : await changeOrganization(control, caller, visitor.session.organizationId, { name: body.name });
    return isRefusal(changed) ? showOrganization(c, changed, form) : finish(c, "/organization", "changed");
  });

const FIELDS = [{ id: "name", label: "Name" }];

async function showOrganization(c: Visit, refusal: Refusal | undefined, form?: Form) {
  const { control, visitor } = c.var;
  const { caller, session } = visitor;
  const { gateway } = control;
  const organization = await findOrganization(control, caller, session.organizationId, "organizations:read");
  if (isRefusal(organization)) return showRefusal(c, organization);
  const quota = await readKeyQuota(control, caller, organization.id);
  return show(
    c,
    { title: organization.name, refusal },
    <>
      <h1>{organization.name}</h1>
      <p class="faint">Your API provider can change its plan, environments and key quota.</p>
      <Done c={c} />
      <Mistakes refusal={refusal} fields={FIELDS} against={nameAgainst(form, organization.name)} />
      <section class="sheet">
        <Facts
          facts={[
            ["Plan", organization.plan ?? "none"],
            [
              "Environments",
              Object.keys(gateway.environments).map((name) =>
                isOpen(organization, name, gateway) ? (
                  <>
                    <EnvironmentBadge name={name} gateway={gateway} />{" "}
                  </>
                ) : (
                  <span class="faint">not {name} </span>
                ),
              ),
            ],
            ...(isRefusal(quota)
              ? []
              : [["Key quota", `${number(quota.used)} of ${number(quota.limit)} used`] as const]),
            ["Status", organization.status],
            [
              "First key created",
              organization.trialStartedAt === null ? "not yet" : <Moment at={organization.trialStartedAt} />,
            ],
            ["Created", <Moment at={organization.createdAt} />],
            ["Id", <code>{organization.id}</code>],
          ]}
        />
      </section>
      {requireScope(caller, "organizations:write") === undefined && (
        <form class="sheet" method="post" action="/organization" novalidate>
          <Version of={organization} form={form} refusal={refusal} />
          <Field name="name" label="Name" problem={problemsOf(refusal, FIELDS).get("name")}>
            <input value={form?.text("name") ?? organization.name} maxlength={200} required autocomplete="off" />
          </Field>
          <button type="submit">Rename</button>
        </form>
      )}
    </>,
  );
}
