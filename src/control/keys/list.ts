import { isRefusal, type Refusal } from "../../errors.ts";
import type { ManagedKey } from "../../records/key.ts";
import { type KeyFilter, type KeySort, listKeys, type VisibleKeys } from "../../store/key-list.ts";
import type { Page, PageRequest } from "../../store/pages.ts";
import { findOrganization } from "../access.ts";
import type { Caller, Control, Standing } from "../control.ts";

/** The keys of an organization that the caller manages. */
export async function listKeysFor(
  control: Control,
  caller: Caller,
  filter: Omit<KeyFilter, "visibleTo">,
  sort: KeySort,
  page: PageRequest,
): Promise<Page<ManagedKey> | Refusal> {
  const organization = await findOrganization(control, caller, filter.organizationId, "api_keys:read");
  if (isRefusal(organization)) return organization;
  const visibleTo = visibleKeys(caller.standing);
  return listKeys(control.db, { ...filter, visibleTo }, sort, page, control.now());
}

/** `undefined` for every key, deleted ones included: others cannot see those, because nobody knows any more whose they were. */
export function visibleKeys(standing: Standing): VisibleKeys | undefined {
  if (standing.kind === "root") return undefined;
  const { manages, memberId, workspaces, key } = standing;
  const { organization, workspace } = manages;
  if (organization === "all" && workspace === "all" && !key) return undefined;
  const ownWorkspaces = workspaces ? { workspaceIds: [...workspaces] } : ("all" as const);
  return {
    organization: organization === "own" ? { memberId: memberId ?? "" } : organization,
    workspace: workspace === "own" ? ownWorkspaces : workspace,
    environment: key?.environment,
  };
}
