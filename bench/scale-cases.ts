/** Every filter and sort of lists of keys, in the organization with the most keys, and the look-ups beside them. */

import config from "../gateway.config.ts";
import { compile } from "../src/config/compile.ts";
import { factsOf } from "../src/control/keys/list.ts";
import { KEY_STATUSES, type KeyStatus } from "../src/domain/key-status.ts";
import { KEY_SORTS, type KeyFilter, type KeySort, keyListQuery, type VisibleKeys } from "../src/store/key-list.ts";
import { COMMON_SCOPE, memberId, NOW, OLD_SCOPE, organizationId, RARE_SCOPE, workspaceId } from "./scale-data.ts";

const LARGEST = 0;
const LAST = { member: 199, workspace: 499 };
const PAGE = 50;

/** Where the middle of the organization's keys is, by each sort. */
export type Middles = Readonly<Record<KeySort, { value: string | number; id: string }>>;

export interface ScaleCase {
  readonly filter: string;
  readonly sort: string;
  readonly page: "first" | "deep";
  readonly bound: number;
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

const LIST_MS = 50;
const SEARCH_MS = 200;

const FACTS = factsOf({ status: "active", plan: null }, compile(config));
const ofStatus = (is: KeyStatus) => ({ status: { is, facts: FACTS } });

const FILTERS: Readonly<Record<string, Omit<KeyFilter, "organizationId">>> = {
  none: {},
  environment: { environment: "sandbox" },
  "environment without keys": { environment: "none" },
  reach: { reach: "workspace" },
  permission: { permission: "read-only" },
  ...Object.fromEntries(KEY_STATUSES.map((status) => [`status ${status}`, ofStatus(status)])),
  "member, of many keys": { memberId: memberId(LARGEST, 0) },
  "member, of few": { memberId: memberId(LARGEST, LAST.member) },
  "workspace, of many": { workspaceId: workspaceId(LARGEST, 0) },
  "workspace, of few": { workspaceId: workspaceId(LARGEST, LAST.workspace) },
  "scope, of most": { scope: COMMON_SCOPE },
  "scope, of the oldest": { scope: OLD_SCOPE },
  "scope, of hardly any": { scope: RARE_SCOPE },
  "seen by an admin of one workspace": { visibleTo: admin(1) },
  "seen by an admin of 100": { visibleTo: admin(100) },
  "own keys alone": { visibleTo: { organization: { memberId: memberId(LARGEST, LAST.member) }, workspace: "none" } },
  "all of it": {
    ...{ environment: "production", reach: "workspace", permission: "read-only", ...ofStatus("active") },
    ...{
      memberId: memberId(LARGEST, 0),
      workspaceId: workspaceId(LARGEST, 0),
      scope: COMMON_SCOPE,
      visibleTo: admin(100),
    },
  },
  "text in many": { q: "Report" },
  "text in one": { q: "archive #4242" },
  "text in none": { q: "no such text" },
};

function admin(workspaces: number): VisibleKeys {
  const workspaceIds = Array.from({ length: workspaces }, (_, at) => workspaceId(LARGEST, 3 + at));
  return { organization: "none", workspace: { workspaceIds } };
}

export function listCases(middles: Middles): ScaleCase[] {
  return Object.entries(FILTERS).flatMap(([name, fields]) =>
    KEY_SORTS.flatMap((sort) =>
      (["first", "deep"] as const).map((page) => {
        const after = page === "first" ? undefined : { sort, ...middles[sort] };
        const filter = { organizationId: organizationId(LARGEST), ...fields };
        const query = keyListQuery(filter, sort, { limit: PAGE, after }, NOW);
        return { filter: name, sort, page, bound: fields.q === undefined ? LIST_MS : SEARCH_MS, ...query };
      }),
    ),
  );
}
