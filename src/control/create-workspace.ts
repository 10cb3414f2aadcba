import { isRefusal, type Refusal } from "../errors.ts";
import { auditInsert } from "../store/audit.ts";
import { type Workspace, workspaceInsert } from "../store/workspaces.ts";
import { findOrganization } from "./access.ts";
import { auditEvent, type Caller, type Control } from "./control.ts";

export interface NewWorkspace {
  readonly organizationId: string;
  readonly name: string;
}

export async function createWorkspace(
  control: Control,
  caller: Caller,
  wanted: NewWorkspace,
): Promise<Workspace | Refusal> {
  const { db } = control;
  const { organizationId, name } = wanted;
  const organization = await findOrganization(control, caller, organizationId, "workspaces:write");
  if (isRefusal(organization)) return organization;
  const workspace: Workspace = {
    id: control.newId("ws"),
    organizationId,
    name,
    createdAt: control.now(),
    version: control.newId("ver"),
  };
  const change = { organizationId, action: "workspace.created", target: workspace.id, details: { name } };
  await db.batch([workspaceInsert(db, workspace), auditInsert(db, auditEvent(control, caller, change))]);
  return workspace;
}
