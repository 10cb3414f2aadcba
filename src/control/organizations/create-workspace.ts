import { isRefusal, type Refusal } from "../../errors.ts";
import type { NewWorkspace, Workspace } from "../../records/workspace.ts";
import { auditInsert, auditInsertIf } from "../../store/audit.ts";
import { memberJoins, readMember } from "../../store/members.ts";
import { workspaceInsert } from "../../store/workspaces.ts";
import { findOrganization } from "../access.ts";
import { commit } from "../commit.ts";
import { auditEvent, type Caller, type Control } from "../control.ts";

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
  await commit(control, undefined, [
    workspaceInsert(db, workspace),
    auditInsert(db, auditEvent(control, caller, change)),
    ...(await joiningOf(control, caller, workspace)),
  ]);
  return workspace;
}

/** Callers who manage only their own workspaces join the one that they create. Otherwise only an owner could change it. */
async function joiningOf(control: Control, caller: Caller, workspace: Workspace): Promise<D1PreparedStatement[]> {
  const { db } = control;
  const { standing } = caller;
  const joins = standing.kind === "member" && standing.workspaces !== undefined && standing.memberId !== null;
  const member = joins ? await readMember(db, standing.memberId) : undefined;
  if (!member) return [];
  const { id, organizationId, workspaceIds } = member;
  const version = control.newId("ver");
  const details = { workspaceIds: { from: workspaceIds, to: [...workspaceIds, workspace.id] } };
  // The idempotency key identifies the workspace.
  const joiner = { ...caller, idempotency: undefined };
  const event = auditEvent(control, joiner, { organizationId, action: "member.changed", target: id, details });
  return [
    ...memberJoins(db, { id, organizationId, workspaceId: workspace.id, version }),
    auditInsertIf(db, event, "members", version),
  ];
}
