/** The filters of the key list. They are in the URL, so a link shares them. */

import type { Gateway } from "../../config/compile.ts";
import { PERMISSIONS } from "../../domain/key.ts";
import { KEY_STATUSES } from "../../domain/key-status.ts";
import { scopesOf } from "../../domain/scope.ts";
import type { MemberRecord } from "../../records/member.ts";
import type { Workspace } from "../../records/workspace.ts";
import { Options } from "../frame/parts.tsx";
import { PERMISSION_WORDS, REACH_WORDS } from "../frame/words.ts";

export const FILTERS = [
  "q",
  "environment",
  "status",
  "reach",
  "workspace_id",
  "permission",
  "scope",
  "member_id",
] as const;

interface Props {
  readonly gateway: Gateway;
  readonly workspaces: readonly Workspace[];
  readonly members: readonly MemberRecord[];
  readonly chosen: URLSearchParams;
}

export function KeyFilters({ gateway, workspaces, members, chosen }: Props) {
  const { policy, keys } = gateway;
  const plain = (names: readonly string[]) => names.map((name) => [name, name] as const);
  const named = (list: readonly { id: string; name: string }[]) => list.map(({ id, name }) => [id, name] as const);
  const sort = chosen.get("sort");
  const selects = [
    { name: "environment", label: "Environment", options: plain(Object.keys(gateway.environments)) },
    { name: "status", label: "Status", options: plain(KEY_STATUSES) },
    { name: "reach", label: "Reach", options: keys.reaches.map((reach) => [reach, REACH_WORDS[reach]] as const) },
    { name: "workspace_id", label: "Workspace", options: named(workspaces) },
    { name: "permission", label: "Permission", options: PERMISSIONS.map((p) => [p, PERMISSION_WORDS[p]] as const) },
    {
      name: "scope",
      label: "Granted scope",
      options: plain([...Object.keys(policy.bundles), ...scopesOf(policy.resources)]),
    },
    { name: "member_id", label: "Created by", options: named(members) },
  ];
  return (
    <form class="filters sheet" action="/keys">
      <div class="row">
        <div>
          <label for="q">Search</label>
          <input
            id="q"
            name="q"
            type="search"
            placeholder="name, description"
            value={chosen.get("q") ?? ""}
            maxlength={200}
          />
        </div>
        {selects.map(({ name, label, options }) => (
          <div>
            <label for={name}>{label}</label>
            <select id={name} name={name}>
              <Options options={[["", "any"], ...options]} chosen={chosen.get(name) ?? ""} />
            </select>
          </div>
        ))}
        {sort && <input type="hidden" name="sort" value={sort} />}
        <button type="submit">Filter</button>
      </div>
    </form>
  );
}
