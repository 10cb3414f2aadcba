/** Names for the ids on a page. */

import { checkOrganization, findMember, findWorkspace } from "../../control/access.ts";
import { isRefusal } from "../../errors.ts";
import type { MemberRecord } from "../../records/member.ts";
import type { Workspace } from "../../records/workspace.ts";
import { listMembers } from "../../store/members.ts";
import { listWorkspaces } from "../../store/workspaces.ts";
import type { Visit } from "./visit.ts";

/** The most entries of a list in a form. Records beyond it are read by id. */
const MAX_LISTED = 200;
const PAGE = { limit: MAX_LISTED, after: undefined };

export async function workspacesOf(c: Visit): Promise<readonly Workspace[]> {
  const { control, visitor } = c.var;
  const { organizationId } = visitor.session;
  const refusal = await checkOrganization(control, visitor.caller, organizationId, "workspaces:read");
  return refusal ? [] : (await listWorkspaces(control.db, organizationId, PAGE)).items;
}

/** The workspaces the visitor can choose, and those in `ids`, which a form must keep. */
export async function offeredWorkspaces(c: Visit, ids: readonly string[]): Promise<readonly Workspace[]> {
  const { control, visitor } = c.var;
  const { standing } = visitor.caller;
  const inReach = standing.kind === "member" ? standing.workspaces : undefined;
  const listed = (await workspacesOf(c)).filter(({ id }) => ids.includes(id) || (inReach?.has(id) ?? true));
  const missing = ids.filter((id) => !listed.some((workspace) => workspace.id === id));
  const found = await Promise.all(missing.map((id) => findWorkspace(control, visitor.caller, id, "workspaces:read")));
  return [...listed, ...found.flatMap((workspace) => (isRefusal(workspace) ? [] : [workspace]))];
}

export async function membersOf(c: Visit): Promise<readonly MemberRecord[]> {
  const { control, visitor } = c.var;
  const { organizationId } = visitor.session;
  const refusal = await checkOrganization(control, visitor.caller, organizationId, "members:read");
  return refusal ? [] : (await listMembers(control.db, organizationId, PAGE)).items;
}

export type NameOf = (id: string) => string;

/** Names from the lists above; an unknown id stays an id. */
export function namesIn(lists: readonly (readonly { id: string; name: string }[])[]): NameOf {
  const names = new Map(lists.flat().map(({ id, name }) => [id, name]));
  return (id) => names.get(id) ?? id;
}

/** Names of members, including those of `ids` beyond the list. */
export async function memberNames(c: Visit, members: readonly MemberRecord[], ids: readonly string[]): Promise<NameOf> {
  const { control, visitor } = c.var;
  const listed = new Set(members.map(({ id }) => id));
  const missing = [...new Set(ids)].filter((id) => id.startsWith("mem_") && !listed.has(id));
  const found = await Promise.all(missing.map((id) => findMember(control, visitor.caller, id, "members:read")));
  const name = namesIn([members, found.flatMap((member) => (isRefusal(member) ? [] : [member]))]);
  return (id) => (id === "root" ? "the root token" : name(id));
}
