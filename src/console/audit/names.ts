/** Names of what audit events are about. */

import { findKeys } from "../../control/access.ts";
import { isRefusal } from "../../errors.ts";
import type { AuditEvent } from "../../store/audit.ts";
import { memberNames, membersOf, type NameOf, workspacesOf } from "../frame/directory.ts";
import type { Visit } from "../frame/visit.ts";

/** What is gone has the name that its events tell; what nobody named stays an id. */
export async function namesOfEvents(c: Visit, events: readonly AuditEvent[]): Promise<NameOf> {
  const { control, visitor } = c.var;
  const ids = [...new Set(events.flatMap(idsOf))];
  const keyIds = ids.filter((id) => id.startsWith("key_"));
  const [keys, workspaces, memberName] = await Promise.all([
    keyIds.length === 0 ? [] : findKeys(control, visitor.caller, keyIds, "api_keys:read"),
    workspacesOf(
      c,
      ids.filter((id) => id.startsWith("ws_")),
    ),
    membersOf(c).then((members) => memberNames(c, members, ids)),
  ]);
  const { organizationId, organization } = visitor.session;
  const names = new Map([
    ...events.flatMap(({ target, details }) => toldName(target, details)),
    ...(isRefusal(keys) ? [] : keys).map(({ id, name }) => [id, name] as const),
    ...workspaces.map(({ id, name }) => [id, name] as const),
    [organizationId, organization.name] as const,
    ["keygate", "Keygate"] as const,
  ]);
  return (id) => names.get(id) ?? memberName(id);
}

function idsOf({ actor, target, details }: AuditEvent): string[] {
  return [actor, target, ...(typeof details.member_id === "string" ? [details.member_id] : [])];
}

function toldName(target: string, { name, email }: Record<string, unknown>): [string, string][] {
  const told = [name, email].find((value) => typeof value === "string");
  return told === undefined ? [] : [[target, told as string]];
}
