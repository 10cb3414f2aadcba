/** Every organization, for the platform team. */

import { Hono } from "hono/tiny";
import { countRequestsOfOrganizations } from "../../control/keys/usage-of-all.ts";
import { readStatus, type Status } from "../../control/operate/status.ts";
import { createOrganization } from "../../control/organizations/create.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { check } from "../../management/parse.ts";
import { newOrganizationOf, organizationBody } from "../../records/organization.ts";
import { listOrganizations } from "../../store/organizations.ts";
import { Done } from "../frame/done.tsx";
import { type Form, readForm } from "../frame/form.ts";
import { show } from "../frame/layout.tsx";
import { Mistakes, problemsOf } from "../frame/mistakes.tsx";
import { More, pageIn } from "../frame/more.tsx";
import { Attempt, createOnce } from "../frame/once.tsx";
import { Day, EnvironmentBadge, Table } from "../frame/parts.tsx";
import { showRefusal } from "../frame/refusal-page.tsx";
import { type ConsoleEnv, rootOf, type Visit } from "../frame/visit.ts";
import { number } from "../frame/words.ts";
import { formOf, ORGANIZATION_FIELDS, OrganizationFields, organizationFieldsOf } from "./organization-fields.tsx";

export const organizationList = new Hono<ConsoleEnv>()
  .get("/organizations", (c) => {
    const environments = Object.keys(c.var.control.gateway.environments);
    return showList(c, formOf({ environments }), undefined);
  })
  .post("/organizations", async (c) => {
    const form = await readForm(c.req.raw);
    if (isRefusal(form)) return showRefusal(c, form);
    const body = check(organizationBody, organizationFieldsOf(form));
    const made = await createOnce(
      c,
      form,
      async (caller) => (isRefusal(body) ? body : createOrganization(c.var.control, caller, newOrganizationOf(body))),
      (id) => `/organizations/${id}`,
    );
    return isRefusal(made) ? showList(c, form, made) : made;
  });

const MAX_SOUGHT = 200;
const DAYS = 7;

async function showList(c: Visit, form: Form, refusal: Refusal | undefined) {
  const { control } = c.var;
  const { gateway } = control;
  const page = pageIn(c);
  if (isRefusal(page)) return showRefusal(c, page);
  const sought = (c.req.query("q") ?? "").trim().slice(0, MAX_SOUGHT);
  const [organizations, requests, status] = await Promise.all([
    listOrganizations(control.db, page, sought),
    countRequestsOfOrganizations(control, rootOf(c), DAYS),
    readStatus(control, rootOf(c)),
  ]);
  return show(
    c,
    { title: "Organizations", refusal },
    <>
      <h1>Organizations</h1>
      <p class="faint">The customers of this gateway. Their plans and quotas can only be set here.</p>
      <Done c={c} />
      <Mistakes refusal={refusal} fields={ORGANIZATION_FIELDS} />
      <form class="find" action="/organizations">
        <div>
          <label for="q">Find organizations</label>
          <input
            type="search"
            id="q"
            name="q"
            value={sought}
            maxlength={MAX_SOUGHT}
            placeholder="Name, id or email address"
          />
        </div>
        <button type="submit" class="quiet">
          Search
        </button>
      </form>
      <section class="sheet">
        {organizations.items.length === 0 ? (
          <Nothing sought={sought} />
        ) : (
          <Table
            caption="Organizations"
            rows={organizations.items}
            columns={[
              {
                label: "Name",
                cell: ({ id, name }) => (
                  <>
                    <strong>
                      <a href={`/organizations/${id}`}>{name}</a>
                    </strong>
                    <code class="quietly">{id}</code>
                  </>
                ),
              },
              { label: "Plan", cell: ({ plan }) => plan ?? <span class="faint">none</span> },
              {
                label: "Environments",
                cell: ({ environments }) =>
                  environments.map((name) => (
                    <>
                      <EnvironmentBadge name={name} gateway={gateway} />{" "}
                    </>
                  )),
              },
              {
                label: `Requests, ${DAYS} days`,
                isNumber: true,
                cell: ({ id }) =>
                  isRefusal(requests) ? <span class="faint">unknown now</span> : number(requests.get(id) ?? 0),
              },
              { label: "Status", cell: ({ status }) => <span class={`status ${status}`}>{status}</span> },
              { label: "Created", cell: ({ createdAt }) => <Day at={createdAt} /> },
            ]}
          />
        )}
        <More
          path="/organizations"
          next={organizations.next}
          query={sought === "" ? "" : `q=${encodeURIComponent(sought)}`}
        />
      </section>
      <form class="sheet" method="post" action="/organizations" novalidate>
        <Attempt c={c} />
        <h2>New organization</h2>
        <OrganizationFields form={form} gateway={gateway} problems={problemsOf(refusal, ORGANIZATION_FIELDS)} />
        <button type="submit">Create</button>
      </form>
      {!isRefusal(status) && <Fullness database={status.database} />}
    </>,
  );
}

function Nothing({ sought }: { sought: string }) {
  if (sought === "") return <p>No organizations yet. Create the first one below.</p>;
  return (
    <p>
      No organization matches “{sought}”. <a href="/organizations">Show all organizations</a>
    </p>
  );
}

const megabytes = (bytes: number) => `${number(Math.ceil(bytes / 1_000_000))}\u00a0MB`;

function Fullness({ database: { bytes, limitBytes } }: Pick<Status, "database">) {
  const share = Math.floor((bytes / limitBytes) * 100);
  return (
    <p class="faint">
      The database holds {megabytes(bytes)} of {megabytes(limitBytes)} ({share}&nbsp;%).
    </p>
  );
}
