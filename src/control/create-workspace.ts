import type { Refusal } from "../errors.ts";
import { auditInsert } from "../store/audit.ts";
import { readOrganization } from "../store/organizations.ts";
import { type Workspace, workspaceInsert } from "../store/workspaces.ts";
import { auditEvent, type Caller, type Control } from "./control.ts";
import { notFound } from "./validation.ts";

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
  if (!(await readOrganization(db, organizationId))) return notFound("organization");
  const workspace: Workspace = { id: control.newId("ws"), organizationId, name, createdAt: control.now() };
  const change = { organizationId, action: "workspace.created", target: workspace.id, details: { name } };
  await db.batch([workspaceInsert(db, workspace), auditInsert(db, auditEvent(control, caller, change))]);
  return workspace;
}
