/** The visitor's own organization. The platform team changes its terms on another page. */

import { Hono } from "hono";
import { findOrganization, requireScope } from "../../control/access.ts";
import { readKeyQuota } from "../../control/keys/quota.ts";
import { changeOrganization } from "../../control/organizations/change.ts";
import { isOpen } from "../../control/organizations/rules.ts";
import { describe, isRefusal, type Refusal } from "../../errors.ts";
import { check } from "../../management/parse.ts";
import { organizationPatch } from "../../records/organization.ts";
import { afterwards, Done } from "../frame/done.tsx";
import { problemsOf, readForm } from "../frame/form.ts";
import { show } from "../frame/layout.tsx";
import { EnvironmentBadge, Facts, Field, Moment, Refused } from "../frame/parts.tsx";
import { showRefusal } from "../frame/refusal-page.tsx";
import type { ConsoleEnv, Visit } from "../frame/visit.ts";
import { number } from "../frame/words.ts";
import { Version } from "./workspaces.tsx";

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
    return isRefusal(changed) ? showOrganization(c, changed) : c.redirect(afterwards("/organization", "changed"), 303);
  });

async function showOrganization(c: Visit, refusal: Refusal | undefined) {
  const { control, visitor } = c.var;
  const { caller, session } = visitor;
  const { gateway } = control;
  const organization = await findOrganization(control, caller, session.organizationId, "organizations:read");
  if (isRefusal(organization)) return showRefusal(c, organization);
  const quota = await readKeyQuota(control, caller, organization.id);
  const problem = problemsOf(refusal).get("name");
  return show(
    c,
    { title: organization.name, status: refusal ? (describe(refusal).status as 422) : 200 },
    <>
      <h1>{organization.name}</h1>
      <p class="faint">Your provider can change its plan, environments and key quota.</p>
      <Done c={c} />
      {!problem && <Refused refusal={refusal} />}
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
        <form class="sheet" method="post" action="/organization">
          <Version of={organization} />
          <Field name="name" label="Name" problem={problem}>
            <input id="name" name="name" value={organization.name} maxlength={200} required autocomplete="off" />
          </Field>
          <button type="submit">Rename</button>
        </form>
      )}
    </>,
  );
}
