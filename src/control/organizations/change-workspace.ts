import { isRefusal, type Refusal } from "../../errors.ts";
import type { Workspace, WorkspaceChange } from "../../records/workspace.ts";
import { auditInsertIf } from "../../store/audit.ts";
import { workspaceDeletion, workspaceUpdate } from "../../store/workspaces.ts";
import { checkBelonging, findWorkspace } from "../access.ts";
import { commit, commitNothing, type Effect } from "../commit.ts";
import { auditEvent, type Caller, type Control } from "../control.ts";
import { checkHiddenKeys } from "../keys/hidden.ts";
import { checkVersion, differences, lostRace, withoutUndefined } from "../validation.ts";

export async function changeWorkspace(
  control: Control,
  caller: Caller,
  id: string,
  change: WorkspaceChange,
): Promise<Workspace | Refusal> {
  const { db } = control;
  const workspace = await findWorkspace(control, caller, id, "workspaces:write");
  if (isRefusal(workspace)) return workspace;
  const refusal = checkBelonging(caller, id) ?? checkVersion(caller, workspace.version);
  if (refusal) return refusal;
  const { organizationId } = workspace;
  const changed: Workspace = { ...workspace, ...withoutUndefined(change), version: control.newId("ver") };
  const details = differences(workspace, change);
  const named = { organizationId, action: "workspace.changed", target: id };
  if (Object.keys(details).length === 0) {
    return (await commitNothing(control, caller, "workspaces", workspace.version, named)) ?? workspace;
  }
  const event = auditEvent(control, caller, { ...named, details });
  const { changes } = await commit(control, undefined, [
    workspaceUpdate(db, changed, workspace.version),
    auditInsertIf(db, event, "workspaces", changed.version),
  ]);
  return changes[0] === 0 ? lostRace(caller, "workspace") : changed;
}

const HAS_HIDDEN_KEYS = "Keys that you do not manage reach this workspace and no other.";

/** Takes it from keys and members; a key that reached no other workspace is revoked. */
export async function deleteWorkspace(
  control: Control,
  caller: Caller,
  id: string,
): Promise<{ workspace: Workspace; effect: Effect } | Refusal> {
  const { db } = control;
  const workspace = await findWorkspace(control, caller, id, "workspaces:delete");
  if (isRefusal(workspace)) return workspace;
  const { organizationId, name } = workspace;
  const refusal =
    checkBelonging(caller, id) ??
    checkVersion(caller, workspace.version) ??
    (await checkHiddenKeys(control, caller, organizationId, { workspaceId: id }, HAS_HIDDEN_KEYS));
  if (refusal) return refusal;
  const details = { name };
  const event = auditEvent(control, caller, { organizationId, action: "workspace.deleted", target: id, details });
  const { actor: by, via, requestId } = caller;
  const change = { at: event.at, by, via, requestId, version: control.newId("ver") };
  const { changes, effect } = await commit(control, { workspace: id }, [
    auditInsertIf(db, event, "workspaces", workspace.version),
    ...workspaceDeletion(db, workspace, change),
  ]);
  return changes[0] === 0 ? lostRace(caller, "workspace") : { workspace, effect };
}
