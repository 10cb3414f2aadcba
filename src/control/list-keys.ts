import { isRefusal, type Refusal } from "../errors.ts";
import { type KeyFilter, type KeySort, listKeys, type VisibleKeys } from "../store/key-list.ts";
import type { ManagedKey } from "../store/keys.ts";
import type { Page, PageRequest } from "../store/pages.ts";
import { findOrganization } from "./access.ts";
import type { Caller, Control, MemberStanding } from "./control.ts";

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
  const { standing } = caller;
  const visibleTo = standing.kind === "root" ? undefined : visibleKeys(standing);
  return listKeys(control.db, { ...filter, visibleTo }, sort, page, control.now());
}

export function visibleKeys({ manages, memberId, workspaces, key }: MemberStanding): VisibleKeys {
  const { organization, workspace } = manages;
  const ownWorkspaces = workspaces ? { workspaceIds: [...workspaces] } : ("all" as const);
  return {
    organization: organization === "own" ? { memberId: memberId ?? "" } : organization,
    workspace: workspace === "own" ? ownWorkspaces : workspace,
    environment: key?.environment,
  };
}
