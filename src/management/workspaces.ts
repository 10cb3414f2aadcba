import { findOrganization, findWorkspace } from "../control/access.ts";
import { changeWorkspace, deleteWorkspace } from "../control/organizations/change-workspace.ts";
import { createWorkspace } from "../control/organizations/create-workspace.ts";
import type { Scope } from "../domain/scope.ts";
import { isRefusal, type Refusal } from "../errors.ts";
import {
  newWorkspaceOf,
  renderWorkspace,
  type Workspace,
  workspaceBody,
  workspaceChangeOf,
  workspacePatch,
} from "../records/workspace.ts";
import { listWorkspaces } from "../store/workspaces.ts";
import { type Answer, type Asked, operation } from "./operation.ts";
import { readPage } from "./paging.ts";
import { organizationPageQuery, renderPage } from "./wire/page.ts";

const show = (workspace: Workspace | Refusal): Answer | Refusal =>
  isRefusal(workspace) ? workspace : { body: renderWorkspace(workspace), version: workspace.version };

const readWith =
  (scope: Scope) =>
  async ({ control, caller, id }: Asked<unknown, unknown>) =>
    show(await findWorkspace(control, caller, id, scope));

export const workspaces = [
  operation({
    method: "post",
    path: "/v1/workspaces",
    name: "createWorkspace",
    body: workspaceBody,
    status: 201,
    versioned: true,
    replay: readWith("workspaces:write"),
    async handle({ control, caller, body }) {
      return show(await createWorkspace(control, caller, newWorkspaceOf(body)));
    },
  }),
  operation({
    method: "get",
    path: "/v1/workspaces",
    name: "listWorkspaces",
    query: organizationPageQuery,
    async handle({ control, caller, query }) {
      const page = readPage(query);
      if (isRefusal(page)) return page;
      const organization = await findOrganization(control, caller, query.organization_id, "workspaces:read");
      if (isRefusal(organization)) return organization;
      return { body: renderPage(await listWorkspaces(control.db, organization.id, page), renderWorkspace) };
    },
  }),
  operation({
    method: "get",
    path: "/v1/workspaces/:id",
    name: "readWorkspace",
    versioned: true,
    handle: readWith("workspaces:read"),
  }),
  operation({
    method: "patch",
    path: "/v1/workspaces/:id",
    name: "changeWorkspace",
    body: workspacePatch,
    versioned: true,
    replay: readWith("workspaces:write"),
    handle: async ({ control, caller, id, body }) =>
      show(await changeWorkspace(control, caller, id, workspaceChangeOf(body))),
  }),
  operation({
    method: "delete",
    path: "/v1/workspaces/:id",
    name: "deleteWorkspace",
    versioned: true,
    delayed: "workspace",
    async handle({ control, caller, id }) {
      const deleted = await deleteWorkspace(control, caller, id);
      if (isRefusal(deleted)) return deleted;
      return { ...show(deleted.workspace), effect: deleted.effect };
    },
  }),
];
