import { findOrganization } from "../control/access.ts";
import { changeOrganization } from "../control/organizations/change.ts";
import { createOrganization } from "../control/organizations/create.ts";
import type { Scope } from "../domain/scope.ts";
import { isRefusal, type Refusal } from "../errors.ts";
import {
  newOrganizationOf,
  type Organization,
  organizationBody,
  organizationChangeOf,
  organizationPatch,
  renderOrganization,
} from "../records/organization.ts";
import { listOrganizations } from "../store/organizations.ts";
import { type Answer, type Asked, operation } from "./operation.ts";
import { readPage } from "./paging.ts";
import { pageQuery, renderPage } from "./wire/page.ts";

const show = (organization: Organization | Refusal): Answer | Refusal =>
  isRefusal(organization) ? organization : { body: renderOrganization(organization), version: organization.version };

const readWith =
  (scope: Scope) =>
  async ({ control, caller, id }: Asked<unknown, unknown>) =>
    show(await findOrganization(control, caller, id, scope));

export const organizations = [
  operation({
    method: "post",
    path: "/v1/organizations",
    name: "createOrganization",
    body: organizationBody,
    status: 201,
    versioned: true,
    replay: readWith("organizations:write"),
    async handle({ control, caller, body }) {
      return show(await createOrganization(control, caller, newOrganizationOf(body)));
    },
  }),
  operation({
    method: "get",
    path: "/v1/organizations",
    name: "listOrganizations",
    query: pageQuery,
    async handle({ control, caller, query }) {
      const page = readPage(query);
      if (isRefusal(page)) return page;
      if (caller.standing.kind === "root") {
        return { body: renderPage(await listOrganizations(control.db, page), renderOrganization) };
      }
      const own = await findOrganization(control, caller, caller.standing.organizationId, "organizations:read");
      return isRefusal(own) ? own : { body: renderPage({ items: [own], next: undefined }, renderOrganization) };
    },
  }),
  operation({
    method: "get",
    path: "/v1/organizations/:id",
    name: "readOrganization",
    versioned: true,
    handle: readWith("organizations:read"),
  }),
  operation({
    method: "patch",
    path: "/v1/organizations/:id",
    name: "changeOrganization",
    body: organizationPatch,
    versioned: true,
    delayed: "organization",
    replay: readWith("organizations:write"),
    async handle({ control, caller, id, body }) {
      const changed = await changeOrganization(control, caller, id, organizationChangeOf(body));
      if (isRefusal(changed)) return changed;
      const { organization, effect } = changed;
      return { body: renderOrganization(organization), version: organization.version, effect };
    },
  }),
];
