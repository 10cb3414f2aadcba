/** Suspending an organization stops every key of a customer, so it asks for the name. */

import { Hono } from "hono/tiny";
import { findOrganization } from "../../control/access.ts";
import { changeOrganization } from "../../control/organizations/change.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import type { Organization } from "../../records/organization.ts";
import { ask, checkTyped, NAME_FIELD, TypedName } from "../frame/ask.tsx";
import { boundOf, finish } from "../frame/done.tsx";
import { type Form, readForm } from "../frame/form.ts";
import { Version } from "../frame/kept.tsx";
import { showRefusal } from "../frame/refusal-page.tsx";
import { type ConsoleEnv, rootOf, type Visit } from "../frame/visit.ts";

export const organizationStatus = new Hono<ConsoleEnv>()
  .get("/organizations/:id/:action{suspend|activate}", async (c) => {
    const organization = await find(c);
    return isRefusal(organization) ? showRefusal(c, organization) : askFor(c, organization, undefined, undefined);
  })
  .post("/organizations/:id/:action{suspend|activate}", async (c) => {
    const form = await readForm(c.req.raw);
    if (isRefusal(form)) return showRefusal(c, form);
    const organization = await find(c);
    if (isRefusal(organization)) return showRefusal(c, organization);
    const suspends = isSuspension(c);
    const caller = { ...rootOf(c), ifMatch: [form.text("version")] };
    const status = suspends ? ("suspended" as const) : ("active" as const);
    const changed =
      (suspends ? checkTyped(form, organization, "this organization") : undefined) ??
      (await changeOrganization(c.var.control, caller, organization.id, { status }));
    if (isRefusal(changed)) return askFor(c, organization, form, changed);
    return finish(c, `/organizations/${organization.id}`, suspends ? "suspended" : "activated", changed.effect);
  });

const isSuspension = (c: Visit) => c.req.param("action") === "suspend";
const find = (c: Visit) =>
  findOrganization(c.var.control, rootOf(c), c.req.param("id") as string, "organizations:write");

function askFor(c: Visit, organization: Organization, form: Form | undefined, refusal: Refusal | undefined) {
  const suspends = isSuspension(c);
  return ask(c, {
    title: suspends ? "Suspend the organization" : "Activate the organization",
    button: suspends ? `Suspend ${organization.name}` : `Activate ${organization.name}`,
    grave: suspends,
    refusal,
    fields: suspends ? [NAME_FIELD] : [],
    crumbs: [
      { path: "/organizations", name: "Organizations" },
      { path: `/organizations/${organization.id}`, name: organization.name },
    ],
    content: (problems) => (
      <>
        <Version of={organization} form={form} refusal={refusal} />
        <p>{effectOf(c, suspends)}</p>
        {suspends && (
          <TypedName of={organization} problems={problems}>
            Type the name of the organization to continue
          </TypedName>
        )}
      </>
    ),
  });
}

function effectOf(c: Visit, suspends: boolean): string {
  const bound = boundOf(c.var.control.gateway);
  return suspends
    ? `All its keys are refused everywhere within ${bound}, and its members cannot use the console, until you activate it again.`
    : `Its keys work again everywhere within ${bound}, and its members can use the console.`;
}

export function StatusChange({ c, organization }: { c: Visit; organization: Organization }) {
  const isActive = organization.status === "active";
  return (
    <section class="sheet">
      <h2>{isActive ? "Suspend" : "Activate"}</h2>
      <p>{effectOf(c, isActive)}</p>
      <a
        class={isActive ? "button grave" : "button"}
        href={`/organizations/${organization.id}/${isActive ? "suspend" : "activate"}`}
      >
        {isActive ? `Suspend ${organization.name}` : `Activate ${organization.name}`}
      </a>
    </section>
  );
}
