/** Creating a key. */

import type { Child } from "hono/jsx";
import { Hono } from "hono/tiny";
import { findOrganization, managesKey } from "../../control/access.ts";
import { createKey, refusalsOfNewKey } from "../../control/keys/create.ts";
import { withheldScopes } from "../../control/keys/draft.ts";
import { findOpenRequest } from "../../control/keys/requests.ts";
import { checkOpen } from "../../control/organizations/rules.ts";
import { allOf } from "../../control/validation.ts";
import { readDay } from "../../domain/time.ts";
import { describe, isRefusal, type Refusal } from "../../errors.ts";
import { check, checkEach } from "../../management/parse.ts";
import { keyBody, newKeyOf, partOfNewKey } from "../../records/key.ts";
import type { Organization } from "../../records/organization.ts";
import { namesIn, offeredWorkspaces, workspacesOf } from "../frame/directory.ts";
import { EMPTY_FORM, Form, readForm } from "../frame/form.ts";
import { show } from "../frame/layout.tsx";
import { Alert, Mistakes, problemsOf } from "../frame/mistakes.tsx";
import { onceOfForm } from "../frame/once.tsx";
import { showRefusal } from "../frame/refusal-page.tsx";
import type { ConsoleEnv, Visit } from "../frame/visit.ts";
import { showSecret } from "../key/secret-page.tsx";
import { Asked } from "../key-requests/asked.tsx";
import { KeyForm, type Offer } from "./new-form.tsx";
import { summaryOf } from "./summary.ts";
import { draftFrom, keyFieldsOf, newKeyFields } from "./wanted.ts";

export const newKeyPages = new Hono<ConsoleEnv>()
  .get("/keys/new", async (c) => {
    const form = await formOfRequest(c, c.req.query("request"));
    return isRefusal(form) ? showRefusal(c, form) : showForm(c, form, undefined);
  })
  .post("/keys/new/summary", async (c) => {
    const form = await readForm(c.req.raw);
    return isRefusal(form) ? c.var.refuse(form) : c.json(await summarize(c, form));
  })
  .post("/keys/new", async (c) => {
    const form = await readForm(c.req.raw);
    if (isRefusal(form)) return showRefusal(c, form);
    return form.text("intent") === "preview" ? showForm(c, form, undefined) : create(c, form);
  });

/** What a member asked for, as a form that can be sent as it is. */
async function formOfRequest(c: Visit, id: string | undefined): Promise<Form | Refusal> {
  if (id === undefined) return EMPTY_FORM;
  const request = await findOpenRequest(c.var.control, c.var.visitor.caller, id);
  if (isRefusal(request)) return request;
  const { name, purpose, environment, scopes } = request;
  const texts = Object.entries({ request: id, name, description: purpose, environment });
  return new Form([...texts, ...scopes.map((scope) => ["scopes", scope] as const)]);
}

async function create(c: Visit, form: Form) {
  const { control } = c.var;
  const made = await onceOfForm(c, form, async (caller) => {
    const body = await checkNew(c, form);
    return isRefusal(body) ? body : createKey(control, caller, newKeyOf(body), form.text("request") || undefined);
  });
  if (made instanceof Response) return made;
  if (!isRefusal(made)) return showSecret(c, { key: made.key, secret: made.secret, title: "Key created" });
  if (made.code !== "idempotency_key_reused") return showForm(c, form, made);
  return showForm(c, form, undefined, <CreatedBefore keyId={made.target} />);
}

/** All that is wrong is found before anything is saved. */
async function checkNew(c: Visit, form: Form) {
  const { control, visitor } = c.var;
  const { organizationId } = visitor.session;
  const input = keyFieldsOf(form, organizationId, control);
  const body = check(keyBody, input);
  if (!isRefusal(body)) return body;
  const organization = await findOrganization(control, visitor.caller, organizationId, "api_keys:write");
  if (isRefusal(organization)) return organization;
  const { fields } = checkEach(keyBody, input);
  return allOf([body, ...(await refusalsOfNewKey(control, partOfNewKey(fields), organization))]) ?? body;
}

function CreatedBefore({ keyId }: { keyId: string }) {
  return (
    <Alert>
      <p>
        <strong>This form was sent before, with other content.</strong> It created <a href={`/keys/${keyId}`}>a key</a>{" "}
        then. Nothing was created this time. To create another key, send the form again.
      </p>
    </Alert>
  );
}

async function showForm(c: Visit, form: Form, refusal: Refusal | undefined, alert?: Child) {
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
  const fields = newKeyFields(form);
  return show(
    c,
    { title: "New key", refusal, status: alert ? 409 : 200 },
    <>
      <p class="crumb">
        <a href="/keys">API keys</a>
      </p>
      <h1>New key</h1>
      <p class="faint">For {organization.name}. The secret is shown once, after you create it.</p>
      {form.has("request") && <Asked c={c} id={form.text("request")} />}
      {alert}
      <Mistakes refusal={refusal} fields={fields} />
      <KeyForm
        c={c}
        offer={offer}
        form={form}
        problems={problemsOf(refusal, fields)}
        summary={await summarize(c, form)}
      />
    </>,
  );
}

async function offerOf(c: Visit, form: Form, organization: Organization): Promise<Offer> {
  const { control, visitor } = c.var;
  const { caller, session } = visitor;
  const { gateway } = control;
  const draft = draftFrom(form, control, session.member, organization.plan);
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
    workspaces: await offeredWorkspaces(c, form.list("workspace_ids")),
    withheld: withheldScopes(control, caller, { ...draft, reach: reaches[0] ?? "workspace", workspaces: [] }),
    now: control.now(),
  };
}

async function summarize(c: Visit, form: Form): Promise<string[]> {
  const { control, visitor } = c.var;
  const { organizationId, member } = visitor.session;
  const day = form.text("expires_on");
  if (day !== "" && readDay(day) === undefined) return [`There is no day ${day}. Choose when the key expires.`];
  const organization = await findOrganization(control, visitor.caller, organizationId, "api_keys:write");
  const draft = draftFrom(form, control, member, isRefusal(organization) ? null : organization.plan);
  if (draft.environment === "") return ["Fill in the form to see what the key can do."];
  return summaryOf(draft, control.gateway, namesIn([await workspacesOf(c, form.list("workspace_ids"))]), control.now());
}
