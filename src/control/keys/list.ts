import type { Gateway } from "../../config/compile.ts";
import { type KeyStatus, usefulNames } from "../../domain/key-status.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import type { ManagedKey } from "../../records/key.ts";
import type { Organization } from "../../records/organization.ts";
import { countKeysOfMembers } from "../../store/key-count.ts";
import { countKeys, type KeyFilter, type KeySort, listKeys, type VisibleKeys } from "../../store/key-list.ts";
import type { StatusFacts } from "../../store/key-status.ts";
import type { Page, PageRequest } from "../../store/pages.ts";
import { checkOrganization, findOrganization } from "../access.ts";
import type { Caller, Control, Standing } from "../control.ts";

export interface WantedKeys extends Omit<KeyFilter, "visibleTo" | "status"> {
  readonly status?: KeyStatus | undefined;
}

/** The keys of an organization that the caller manages. */
export async function listKeysFor(
  control: Control,
  caller: Caller,
  wanted: WantedKeys,
  sort: KeySort,
  page: PageRequest,
): Promise<Page<ManagedKey> | Refusal> {
  const filter = await filterFor(control, caller, wanted);
  return isRefusal(filter) ? filter : listKeys(control.db, filter, sort, page, control.now());
}

/** How many of them there are; at most `max`. */
export async function countKeysFor(
  control: Control,
  caller: Caller,
  wanted: WantedKeys,
  max: number,
): Promise<number | Refusal> {
  const filter = await filterFor(control, caller, wanted);
  return isRefusal(filter) ? filter : countKeys(control.db, filter, max, control.now());
}

/** Of each of these members; at most `max` of one. */
export async function countKeysOf(
  control: Control,
  caller: Caller,
  members: { readonly organizationId: string; readonly ids: readonly string[] },
  max: number,
): Promise<ReadonlyMap<string, number> | Refusal> {
  const { organizationId, ids } = members;
  const refusal = await checkOrganization(control, caller, organizationId, "api_keys:read");
  if (refusal) return refusal;
  return countKeysOfMembers(control.db, organizationId, ids, { max, visibleTo: visibleKeys(caller.standing) });
}

async function filterFor(
  control: Control,
  caller: Caller,
  { status, ...filter }: WantedKeys,
): Promise<KeyFilter | Refusal> {
  const visibleTo = visibleKeys(caller.standing);
  if (!status) {
    const refusal = await checkOrganization(control, caller, filter.organizationId, "api_keys:read");
    return refusal ?? { ...filter, visibleTo };
  }
  const organization = await findOrganization(control, caller, filter.organizationId, "api_keys:read");
  if (isRefusal(organization)) return organization;
  return { ...filter, status: { is: status, facts: factsOf(organization, control.gateway) }, visibleTo };
}

/** What the status of an organization's keys depends on beside the keys and their members. */
export function factsOf({ status, plan }: Pick<Organization, "status" | "plan">, gateway: Gateway): StatusFacts {
  const { policy, plans, environments } = gateway;
  return {
    actsAsMember: policy.actAs === "member",
    suspended: status === "suspended",
    plan,
    plans: Object.keys(plans),
    environments: Object.keys(environments),
    useful: usefulNamesOf(gateway),
  };
}

/** They depend on the configuration alone. */
function usefulNamesOf(gateway: Gateway): StatusFacts["useful"] {
  const known = USEFUL.get(gateway);
  if (known) return known;
  const names = usefulNames(gateway.policy);
  USEFUL.set(gateway, names);
  return names;
}

const USEFUL = new WeakMap<Gateway, StatusFacts["useful"]>();

/** `undefined` for every key, including deleted ones. Other callers cannot see those, because nobody knows whose they were. */
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
