/** Names for the ids on a page. */

import { checkOrganization, findMember } from "../../control/access.ts";
import { isRefusal } from "../../errors.ts";
import type { MemberRecord } from "../../records/member.ts";
import type { Workspace } from "../../records/workspace.ts";
import { listMembers } from "../../store/members.ts";
import { listWorkspaces, readWorkspaces } from "../../store/workspaces.ts";
import type { Visit } from "./visit.ts";

/** The most entries of a list in a form. Records beyond it are read by id. */
export const MAX_LISTED = 200;
const PAGE = { limit: MAX_LISTED, after: undefined };

/** The organization's first ones, the visitor's own, and those of `ids`; or those that `listWorkspaces` finds. */
export async function workspacesOf(c: Visit, ids: readonly string[] = [], sought = ""): Promise<readonly Workspace[]> {
  const { control, visitor } = c.var;
  const { organizationId } = visitor.session;
  const refusal = await checkOrganization(control, visitor.caller, organizationId, "workspaces:read");
  if (refusal) return [];
  const { items } = await listWorkspaces(control.db, organizationId, PAGE, sought);
  if (sought !== "") return toldApart(items);
  const listed = new Set(items.map(({ id }) => id));
  const own = [...(reachOf(c) ?? [])].slice(0, MAX_LISTED);
  const missing = [...ids, ...own].filter((id) => !listed.has(id));
  return toldApart(
    missing.length === 0 ? items : [...items, ...(await readWorkspaces(control.db, organizationId, missing))],
  );
}

/** Adds the id to a name that several workspaces have. */
function toldApart(workspaces: readonly Workspace[]): readonly Workspace[] {
  const names = workspaces.map(({ name }) => name);
  const isShared = (name: string) => names.indexOf(name) !== names.lastIndexOf(name);
  return workspaces.map((one) => (isShared(one.name) ? { ...one, name: `${one.name} (${one.id})` } : one));
}

/** The workspaces the visitor can choose, and those in `ids`, which a form must keep. */
export async function offeredWorkspaces(c: Visit, ids: readonly string[]): Promise<readonly Workspace[]> {
  const inReach = reachOf(c);
  return (await workspacesOf(c, ids)).filter(({ id }) => ids.includes(id) || (inReach?.has(id) ?? true));
}

/** `undefined` for those who manage the keys of all workspaces. */
function reachOf({ var: { visitor } }: Visit): ReadonlySet<string> | undefined {
  const { standing } = visitor.caller;
  return standing.kind === "member" ? standing.workspaces : undefined;
}

/** `sought`: as for `listMembers`. */
export async function membersOf(c: Visit, sought = ""): Promise<readonly MemberRecord[]> {
  const { control, visitor } = c.var;
  const { organizationId } = visitor.session;
  const refusal = await checkOrganization(control, visitor.caller, organizationId, "members:read");
  return refusal ? [] : (await listMembers(control.db, organizationId, PAGE, sought)).items;
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
