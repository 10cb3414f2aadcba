/** Every filter and sort of lists of keys, in the organization with the most keys, and the look-ups beside them. */

import config from "../gateway.config.ts";
import { compile } from "../src/config/compile.ts";
import { factsOf } from "../src/control/keys/list.ts";
import { DAY_MS } from "../src/domain/durations.ts";
import { KEY_STATUSES, type KeyStatus } from "../src/domain/key-status.ts";
import {
  KEY_SORTS,
  type KeyFilter,
  type KeySort,
  keyCountQuery,
  keyListQuery,
  type VisibleKeys,
} from "../src/store/key-list.ts";
import { COMMON_SCOPE, memberId, NOW, OLD_SCOPE, organizationId, RARE_SCOPE, workspaceId } from "./scale-data.ts";

const LARGEST = 0;
const LAST = { member: 199, workspace: 499 };
const PAGE = 50;
/** As the console counts. */
const COUNTED = 1_001;

/** Where the middle of the organization's keys is, by each sort. */
export type Middles = Readonly<Record<KeySort, { value: string | number; id: string }>>;

export interface ScaleCase {
  readonly filter: string;
  readonly sort: string;
  readonly page: "first" | "deep" | "before" | "count";
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
  "the end of a hint": { q: "4242" },
  "part of an id": { q: "key_0000" },
  "unused for long": { unusedSince: NOW - 90 * DAY_MS },
  "never used": { neverUsed: true, ...ofStatus("active") },
  "expires soon": { expiresBefore: NOW + 30 * DAY_MS, ...ofStatus("active") },
  "one of some scopes": { scopeIn: [RARE_SCOPE, OLD_SCOPE], permission: "full-access", reach: "organization" },
};

function admin(workspaces: number): VisibleKeys {
  const workspaceIds = Array.from({ length: workspaces }, (_, at) => workspaceId(LARGEST, 3 + at));
  return { organization: "none", workspace: { workspaceIds } };
}

export function listCases(middles: Middles): ScaleCase[] {
  return Object.entries(FILTERS).flatMap(([name, fields]) => {
    const filter = { organizationId: organizationId(LARGEST), ...fields };
    const bound = isSearch(fields) ? SEARCH_MS : LIST_MS;
    const count = {
      filter: name,
      sort: "count",
      page: "count" as const,
      bound,
      ...keyCountQuery(filter, COUNTED, NOW),
    };
    const pages = KEY_SORTS.flatMap((sort) => {
      const middle = { sort, ...middles[sort] };
      const places = {
        first: { after: undefined },
        deep: { after: middle },
        before: { after: undefined, before: middle },
      };
      return (["first", "deep", "before"] as const).map((page) => {
        const query = keyListQuery(filter, sort, { limit: PAGE, ...places[page] }, NOW);
        return { filter: name, sort, page, bound, ...query };
      });
    });
    return [...pages, count];
  });
}

/** What is in one index alone, which the other orders sort. */
function isSearch({ q, unusedSince, neverUsed }: Partial<KeyFilter>): boolean {
  return q !== undefined || unusedSince !== undefined || neverUsed !== undefined;
}
