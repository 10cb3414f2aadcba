/** The filters of the key list. They are in the URL, so a link shares them. */

import type { Gateway } from "../../config/compile.ts";
import { PERMISSIONS } from "../../domain/key.ts";
import { KEY_STATUSES } from "../../domain/key-status.ts";
import { scopesOf } from "../../domain/scope.ts";
import type { MemberRecord } from "../../records/member.ts";
import type { Workspace } from "../../records/workspace.ts";
import { Cell, Options } from "../frame/fields.tsx";
import type { FormField, Problems } from "../frame/mistakes.tsx";
import { PERMISSION_WORDS, REACH_WORDS } from "../frame/words.ts";

/** In the order of the page. */
export const FILTER_FIELDS: readonly FormField[] = [
  { id: "q", label: "Search" },
  { id: "environment", label: "Environment" },
  { id: "status", label: "Status" },
  { id: "reach", label: "Reach" },
  { id: "workspace_id", label: "Workspace" },
  { id: "permission", label: "Permission" },
  { id: "scope", label: "Granted scope" },
  { id: "member_id", label: "Created by" },
];
export const FILTERS = FILTER_FIELDS.map(({ id }) => id);

interface Props {
  readonly gateway: Gateway;
  readonly workspaces: readonly Workspace[];
  readonly members: readonly MemberRecord[];
  readonly chosen: URLSearchParams;
  readonly problems: Problems;
}

export function KeyFilters({ gateway, workspaces, members, chosen, problems }: Props) {
  const { policy, keys } = gateway;
  const plain = (names: readonly string[]) => names.map((name) => [name, name] as const);
  const named = (list: readonly { id: string; name: string }[]) => list.map(({ id, name }) => [id, name] as const);
  const sort = chosen.get("sort");
  const options: Record<string, readonly (readonly [string, string])[]> = {
    environment: plain(Object.keys(gateway.environments)),
    status: plain(KEY_STATUSES),
    reach: keys.reaches.map((reach) => [reach, REACH_WORDS[reach]]),
    workspace_id: named(workspaces),
    permission: PERMISSIONS.map((permission) => [permission, PERMISSION_WORDS[permission]]),
    scope: plain([...Object.keys(policy.bundles), ...scopesOf(policy.resources)]),
    member_id: named(members),
  };
  return (
    <form class="filters sheet" action="/keys" novalidate>
      <div class="row">
        {FILTER_FIELDS.map(({ id, label }) => (
          <Cell name={id} id={id} label={label} problem={problems.get(id)}>
            {options[id] ? (
              <select>
                <Options options={[["", "any"], ...options[id]]} chosen={chosen.get(id) ?? ""} />
              </select>
            ) : (
              <input type="search" placeholder="name, description" value={chosen.get(id) ?? ""} maxlength={200} />
            )}
          </Cell>
        ))}
        {sort && <input type="hidden" name="sort" value={sort} />}
        <button type="submit">Filter</button>
      </div>
    </form>
  );
}
