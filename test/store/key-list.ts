/** Keys and filters of every kind, and what a list of keys is to hold, said in the plainest way. */

import { env } from "cloudflare:workers";
import fc from "fast-check";
import { KEY_STATUSES, type KeyStatus } from "../../src/domain/key-status.ts";
import type { ManagedKey } from "../../src/records/key.ts";
import type { KeyFilter, KeySort, VisibleKeys } from "../../src/store/key-list.ts";
import { keyInserts } from "../../src/store/keys.ts";
import { newId } from "../helpers/workerd.ts";

export const NOW = 1_000;

export interface Tenant {
  readonly organizationId: string;
  readonly memberIds: readonly string[];
  readonly workspaceIds: readonly string[];
}

export async function setUp(): Promise<Tenant> {
  const organizationId = newId("org");
  const [memberIds, workspaceIds] = ["mem", "ws"].map((kind) => [newId(kind), newId(kind), newId(kind)]) as [
    string[],
    string[],
  ];
  const run = (sql: string, ...values: unknown[]) => env.DB.prepare(sql).bind(...values);
  await env.DB.batch([
    run("INSERT INTO organizations (id, name, environments, created_at) VALUES (?, 'Acme', '[]', 1)", organizationId),
    ...workspaceIds.map((id) =>
      run("INSERT INTO workspaces (id, organization_id, name, created_at) VALUES (?, ?, 'W', 1)", id, organizationId),
    ),
    ...memberIds.map((id) =>
      run(
        "INSERT INTO members (id, organization_id, email, name, role, created_at) VALUES (?1, ?2, ?1 || '@acme.test', 'M', 'owner', 1)",
        id,
        organizationId,
      ),
    ),
  ]);
  return { organizationId, memberIds, workspaceIds };
}

const ENVIRONMENTS = ["production", "sandbox"];
const SCOPES = ["a:read", "a:write", "aa:read", "admin"];

/** Keys act as their organization, and a key that can only read has nothing of `a:write`. */
const FACTS = {
  ...{ actsAsMember: false, suspended: false, plan: null, plans: [], environments: ENVIRONMENTS },
  useful: ["full-access", "read-only"].flatMap((permission) =>
    ["organization", "workspace"].flatMap((reach) =>
      SCOPES.filter((scope) => permission === "full-access" || scope !== "a:write").map(
        (scope) => ["", permission, reach, scope] as const,
      ),
    ),
  ),
};

export const ofStatus = (is: KeyStatus) => ({ is, facts: FACTS });

/** Of few values each, so that many keys have the same. */
export function anyKey({ organizationId, memberIds, workspaceIds }: Tenant): fc.Arbitrary<ManagedKey> {
  const perhaps = (...times: number[]) => fc.constantFrom(null, null, ...times);
  const workspaces = fc.oneof(fc.constant([]), fc.subarray([...workspaceIds], { minLength: 1 }));
  const fields = fc.record({
    memberId: fc.constantFrom(null, ...memberIds),
    environment: fc.constantFrom(...ENVIRONMENTS),
    workspaceIds: workspaces,
    permission: fc.constantFrom("full-access" as const, "read-only" as const),
    scopes: fc.subarray(SCOPES, { minLength: 1 }),
    name: fc.constantFrom("alpha", "Alpha", "BETA", "beta 2", "a_b"),
    description: fc.constantFrom(null, "of Alpha", "50% beta"),
    createdAt: fc.constantFrom(10, 20, 30),
    expiresAt: fc.constantFrom(500, NOW, NOW + 1, 2_000),
    lastUsedAt: perhaps(40, 50),
    disabledAt: perhaps(60),
    revokedAt: perhaps(70),
    hint: fc.constantFrom("kg_live_…aB1c", "kg_test_…beta", "x"),
  });
  return fields.map((key) => ({
    id: newId("key"),
    organizationId,
    reach: key.workspaceIds.length > 0 ? "workspace" : "organization",
    plan: null,
    limits: null,
    allowedAddresses: [],
    secretRows: [{ hint: key.hint, createdAt: key.createdAt, expiresAt: null }],
    version: newId("ver"),
    ...{ organizationStatus: "active", organizationPlan: null, memberRemovedAt: null },
    ...key,
    memberRole: key.memberId && "owner",
  }));
}

export function anyFilter({ organizationId, memberIds, workspaceIds }: Tenant): fc.Arbitrary<KeyFilter> {
  const restriction = fc.constantFrom("all" as const, "none" as const);
  const visibleTo: fc.Arbitrary<VisibleKeys> = fc.record(
    {
      organization: fc.oneof(restriction, fc.record({ memberId: fc.constantFrom(...memberIds) })),
      workspace: fc.oneof(restriction, fc.record({ workspaceIds: fc.subarray([...workspaceIds]) })),
      environment: fc.constantFrom(...ENVIRONMENTS),
    },
    { requiredKeys: ["organization", "workspace"] },
  );
  const filter = fc.record(
    {
      environment: fc.constantFrom(...ENVIRONMENTS, "none"),
      reach: fc.constantFrom("organization" as const, "workspace" as const),
      permission: fc.constantFrom("full-access" as const, "read-only" as const),
      status: fc.constantFrom(...KEY_STATUSES).map(ofStatus),
      memberId: fc.constantFrom(...memberIds, newId("mem")),
      workspaceId: fc.constantFrom(...workspaceIds, newId("ws")),
      scope: fc.constantFrom(...SCOPES, "a", "none:read"),
      q: fc.constantFrom("alpha", "BETA", "a", "%", "_", "of a", "zeta", "Ab1C", "live_…ab1c", "key_", "1c"),
      unusedSince: fc.constantFrom(15, 25, 45, 60),
      neverUsed: fc.constant(true as const),
      expiresBefore: fc.constantFrom(NOW, 1_500),
      scopeIn: fc.subarray([...SCOPES, "none:read"]),
      visibleTo,
    },
    { requiredKeys: [] },
  );
  return filter.map((fields) => ({ organizationId, ...fields }));
}

/** Those of rows that were made by hand. */
const PREMISES = { quota: 1_000, actsAsMember: false, organization: "", member: "", request: undefined };

/** The keys as they are read again. */
export async function addKeys(keys: readonly ManagedKey[]): Promise<ManagedKey[]> {
  for (const key of keys) {
    const { id, lastUsedAt, disabledAt, revokedAt } = key;
    await env.DB.batch([
      ...keyInserts(env.DB, key, { hash: id, pepperId: "p1" }, PREMISES),
      env.DB.prepare(
        "UPDATE api_keys SET last_used_at = ?2, disabled_at = ?3, revoked_at = ?4, revoked_by = ?5 WHERE id = ?1",
      ).bind(id, lastUsedAt, disabledAt, revokedAt, revokedAt && "root"),
    ]);
  }
  return keys.map((key) => ({ ...key, scopes: key.scopes.toSorted(), workspaceIds: key.workspaceIds.toSorted() }));
}

export function matches(key: ManagedKey, filter: KeyFilter): boolean {
  const texts = [key.name, key.description ?? ""].map((text) => text.toLowerCase());
  const { organizationId, environment, reach, permission, status, memberId, workspaceId, scope, q, visibleTo } = filter;
  const { unusedSince, neverUsed, expiresBefore, scopeIn } = filter;
  return (
    key.organizationId === organizationId &&
    (environment === undefined || key.environment === environment) &&
    (reach === undefined || key.reach === reach) &&
    (permission === undefined || key.permission === permission) &&
    (status === undefined || statusOf(key) === status.is) &&
    (memberId === undefined || key.memberId === memberId) &&
    (workspaceId === undefined || key.workspaceIds.includes(workspaceId)) &&
    (scope === undefined || key.scopes.includes(scope)) &&
    (q === undefined ||
      texts.some((text) => text.includes(q.toLowerCase())) ||
      (q.length >= 4 && key.hint.toLowerCase().endsWith(q.toLowerCase()))) &&
    (unusedSince === undefined || (key.lastUsedAt ?? key.createdAt) < unusedSince) &&
    (neverUsed === undefined || key.lastUsedAt === null) &&
    (expiresBefore === undefined || key.expiresAt < expiresBefore) &&
    (scopeIn === undefined || key.scopes.some((one) => scopeIn.includes(one))) &&
    (visibleTo === undefined || isVisible(key, visibleTo))
  );
}

function statusOf(key: ManagedKey): KeyStatus {
  if (key.revokedAt !== null) return "revoked";
  if (key.expiresAt <= NOW) return "expired";
  if (key.disabledAt !== null) return "disabled";
  return key.permission === "full-access" || key.scopes.some((scope) => scope !== "a:write") ? "active" : "blocked";
}

function isVisible(key: ManagedKey, { organization, workspace, environment }: VisibleKeys): boolean {
  if (environment !== undefined && key.environment !== environment) return false;
  if (key.reach === "organization") {
    return typeof organization === "string" ? organization === "all" : key.memberId === organization.memberId;
  }
  if (typeof workspace === "string") return workspace === "all";
  return key.workspaceIds.every((id) => workspace.workspaceIds.includes(id));
}

export function order(sort: KeySort): (one: ManagedKey, other: ManagedKey) => number {
  const [by, sign] = sort.startsWith("-") ? [sort.slice(1), -1] : [sort, 1];
  const sortedBy = (key: ManagedKey) => {
    if (by === "name") return key.name.toLowerCase();
    if (by === "created_at") return key.createdAt;
    return by === "expires_at" ? key.expiresAt : (key.lastUsedAt ?? 0);
  };
  return (one, other) => sign * (compare(sortedBy(one), sortedBy(other)) || compare(one.id, other.id));
}

function compare(one: string | number, other: string | number): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
