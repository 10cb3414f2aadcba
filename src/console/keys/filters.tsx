/** The views, the search, the filters and the order of the key list. */

import type { Gateway } from "../../config/compile.ts";
import { PERMISSIONS } from "../../domain/key.ts";
import { KEY_STATUSES } from "../../domain/key-status.ts";
import { scopesOf } from "../../domain/scope.ts";
import type { MemberRecord } from "../../records/member.ts";
import type { Workspace } from "../../records/workspace.ts";
import { type Chip, Chips } from "../frame/chips.tsx";
import { MAX_LISTED } from "../frame/directory.ts";
import { Cell, Options } from "../frame/fields.tsx";
import type { Problems } from "../frame/mistakes.tsx";
import { PERMISSION_WORDS, REACH_WORDS } from "../frame/words.ts";
import { FILTER_FIELDS, listPath } from "./chosen.ts";
import { viewsOf } from "./views.ts";

interface Props {
  readonly gateway: Gateway;
  readonly workspaces: readonly Workspace[];
  readonly members: readonly MemberRecord[];
  readonly chosen: URLSearchParams;
  readonly problems: Problems;
}

type Choices = readonly (readonly [value: string, name: string])[];

export function Views({ gateway, chosen }: Pick<Props, "gateway" | "chosen">) {
  const now = chosen.get("view");
  return (
    <nav class="views" aria-label="Views">
      {[{ id: "", name: "All keys" }, ...viewsOf(gateway)].map(({ id, name }) => (
        <a href={id === "" ? "/keys" : `/keys?view=${id}`} aria-current={(now ?? "") === id ? "page" : undefined}>
          {name}
        </a>
      ))}
    </nav>
  );
}

export function KeyFilters(props: Props) {
  const { chosen, problems } = props;
  const choices = choicesOf(props);
  const [, ...selects] = FILTER_FIELDS;
  const set = selects.filter(({ id }) => chosen.has(id));
  const view = chosen.get("view");
  return (
    <>
      <form class="find" action="/keys" novalidate>
        {["view", "sort"].map(
          (name) => chosen.has(name) && <input type="hidden" name={name} value={chosen.get(name) ?? ""} />,
        )}
        <Cell name="q" id="q" label="Search" problem={problems.get("q")}>
          <input type="search" placeholder="Name, id, last four" value={chosen.get("q") ?? ""} maxlength={200} />
        </Cell>
        <button type="submit" class="quiet">
          Search
        </button>
        <details class="drop" open={selects.some(({ id }) => problems.has(id))}>
          <summary class="button quiet">Filters{set.length > 0 && ` (${set.length})`}</summary>
          <div class="panel">
            {selects.map(({ id, label }) => (
              <Cell name={id} id={id} label={label} problem={problems.get(id)}>
                <select>
                  <Options options={optionsOf(choices[id] ?? [], chosen.get(id) ?? "")} chosen={chosen.get(id) ?? ""} />
                </select>
              </Cell>
            ))}
            {Math.max(props.workspaces.length, props.members.length) >= MAX_LISTED && (
              <p class="hint">
                At most {MAX_LISTED} are listed. The pages <a href="/members">Members</a> and{" "}
                <a href="/workspaces">Workspaces</a> have a link to the keys of each.
              </p>
            )}
            <button type="submit">Show keys</button>
          </div>
        </details>
      </form>
      <Chips chips={chipsOf(chosen, choices)} all={view === null ? "/keys" : `/keys?view=${view}`} />
    </>
  );
}

/** With what is chosen, though the list ends before it: the form would drop it. */
function optionsOf(choices: Choices, chosen: string): Choices {
  const isListed = chosen === "" || choices.some(([value]) => value === chosen);
  return [["", "any"], ...choices, ...(isListed ? [] : [[chosen, chosen] as const])];
}

function chipsOf(chosen: URLSearchParams, choices: Readonly<Record<string, Choices>>): Chip[] {
  return FILTER_FIELDS.filter(({ id }) => chosen.has(id)).map(({ id, label }) => {
    const value = chosen.get(id) ?? "";
    const name = id === "q" ? `“${value}”` : (choices[id]?.find(([one]) => one === value)?.[1] ?? value);
    return { label, value: name, path: listPath(chosen, { [id]: "" }) };
  });
}

const SORTS = [
  ["-created_at", "Newest first"],
  ["created_at", "Oldest first"],
  ["name", "Name, A to Z"],
  ["-name", "Name, Z to A"],
  ["-last_used_at", "Last used first"],
  ["last_used_at", "Unused first"],
  ["expires_at", "Expires first"],
  ["-expires_at", "Expires last"],
] as const;

/** The order, for screens that have no room for headings too. */
export function Sorting({ chosen, sort }: { chosen: URLSearchParams; sort: string }) {
  const name = SORTS.find(([value]) => value === sort)?.[1] ?? sort;
  return (
    <details class="drop">
      <summary class="button quiet small">
        <span class="unseen">Sorted by </span>
        {name}
      </summary>
      <ul class="panel">
        {SORTS.map(([value, words]) => (
          <li>
            <a href={listPath(chosen, { sort: value })} aria-current={value === sort ? "true" : undefined}>
              {words}
            </a>
          </li>
        ))}
      </ul>
    </details>
  );
}

function choicesOf({ gateway, workspaces, members }: Props): Readonly<Record<string, Choices>> {
  const { policy, keys } = gateway;
  const plain = (names: readonly string[]) => names.map((name) => [name, name] as const);
  const named = (list: readonly { id: string; name: string }[]) => list.map(({ id, name }) => [id, name] as const);
  return {
    environment: plain(Object.keys(gateway.environments)),
    status: plain(KEY_STATUSES),
    reach: keys.reaches.map((reach) => [reach, REACH_WORDS[reach]]),
    workspace_id: named(workspaces),
    permission: PERMISSIONS.map((permission) => [permission, PERMISSION_WORDS[permission]]),
    scope: plain([...Object.keys(policy.bundles), ...scopesOf(policy.resources)]),
    member_id: named(members),
  };
}
