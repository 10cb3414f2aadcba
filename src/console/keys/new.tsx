/** Creating a key. */

import { Hono } from "hono";
import { findOrganization, managesKey } from "../../control/access.ts";
import { createKey } from "../../control/keys/create.ts";
import { withheldScopes } from "../../control/keys/draft.ts";
import { checkOpen } from "../../control/organizations/rules.ts";
import { readDay } from "../../domain/time.ts";
import { describe, isRefusal, type Refusal } from "../../errors.ts";
import { check } from "../../management/parse.ts";
import { keyBody, newKeyOf } from "../../records/key.ts";
import type { Organization } from "../../records/organization.ts";
import { namesIn, offeredWorkspaces, workspacesOf } from "../frame/directory.ts";
import { type Form, problemsOf, readForm } from "../frame/form.ts";
import { show } from "../frame/layout.tsx";
import { onceOfForm } from "../frame/once.ts";
import { Refused } from "../frame/parts.tsx";
import { showRefusal } from "../frame/refusal-page.tsx";
import type { ConsoleEnv, Visit } from "../frame/visit.ts";
import { KeyForm, type Offer } from "./new-form.tsx";
import { showSecret } from "./secret-page.tsx";
import { summaryOf } from "./summary.ts";
import { draftFrom, EMPTY_FORM, keyFieldsOf } from "./wanted.ts";

export const newKeyPages = new Hono<ConsoleEnv>()
  .get("/keys/new", (c) => showForm(c, EMPTY_FORM, undefined))
  .post("/keys/new/summary", async (c) => {
    const form = await readForm(c.req.raw);
    return isRefusal(form) ? c.var.refuse(form) : c.json(await summarize(c, form));
  })
  .post("/keys/new", async (c) => {
    const form = await readForm(c.req.raw);
    if (isRefusal(form)) return showRefusal(c, form);
    return form.text("intent") === "preview" ? showForm(c, form, undefined) : create(c, form);
  });

async function create(c: Visit, form: Form) {
  const { control, visitor } = c.var;
  const made = await onceOfForm(c, form, async (caller) => {
    const body = check(keyBody, keyFieldsOf(form, visitor.session.organizationId, control));
    return isRefusal(body) ? body : createKey(control, caller, newKeyOf(body));
  });
  if (isRefusal(made)) return showForm(c, form, made);
  if (made instanceof Response) return made;
  return showSecret(c, { key: made.key, secret: made.secret, title: "Key created" });
}

async function showForm(c: Visit, form: Form, refusal: Refusal | undefined) {
  const { control, visitor } = c.var;
  const organization = await findOrganization(
    control,
    visitor.caller,
    visitor.session.organizationId,
    "api_keys:write",
  );
  if (isRefusal(organization)) return showRefusal(c, organization);
  const offer = await offerOf(c, form, organization);
  if (offer.reaches.length === 0) {
    return showRefusal(c, { code: "management_forbidden", problem: "Your role cannot create keys." });
  }
  const problems = problemsOf(refusal);
  return show(
    c,
    { title: "New key", status: refusal ? (describe(refusal).status as 422) : 200 },
    <>
      <p class="crumb">
        <a href="/keys">API keys</a>
      </p>
      <h1>New key</h1>
      <p class="faint">For {organization.name}. The secret is shown once, after you create it.</p>
      {refusal && problems.size > 0 ? <Mistakes problems={problems} /> : <Refused refusal={refusal} />}
      <KeyForm offer={offer} form={form} problems={problems} summary={await summarize(c, form)} />
    </>,
  );
}

function Mistakes({ problems }: { problems: ReadonlyMap<string, string> }) {
  return (
    <div class="notice bad" role="alert">
      <strong>No key was created.</strong> Fix this:{" "}
      {[...problems.keys()].map((field, at) => (
        <>
          {at > 0 && ", "}
          <a href={`#${field}-problem`}>{field.replaceAll("_", " ")}</a>
        </>
      ))}
      .
    </div>
  );
}

async function offerOf(c: Visit, form: Form, organization: Organization): Promise<Offer> {
  const { control, visitor } = c.var;
  const { caller, session } = visitor;
  const { gateway } = control;
  const draft = draftFrom(form, control, session.member);
  const manages = (reach: Offer["reaches"][number], workspaceIds: readonly string[]) =>
    managesKey(caller, { ...draft, memberId: session.memberId, reach, workspaceIds });
  const reaches = gateway.keys.reaches.filter((reach) => manages(reach, []));
  return {
    gateway,
    environments: Object.keys(gateway.environments).map((environment) => {
      const refusal = checkOpen(organization, environment, gateway);
      return { name: environment, closed: refusal && describe(refusal).detail };
    }),
    reaches,
    workspaces: await offeredWorkspaces(c, []),
    withheld: withheldScopes(control, caller, { ...draft, reach: reaches[0] ?? "workspace", workspaces: [] }),
    attempt: control.newId("chg"),
    now: control.now(),
  };
}

async function summarize(c: Visit, form: Form): Promise<string[]> {
  const { control, visitor } = c.var;
  const draft = draftFrom(form, control, visitor.session.member);
  const day = form.text("expires_on");
  if (day !== "" && readDay(day) === undefined) return [`There is no day ${day}. Choose when the key expires.`];
  if (draft.environment === "") return ["Fill in the form to see what the key can do."];
  return summaryOf(draft, control.gateway, namesIn([await workspacesOf(c)]));
}
