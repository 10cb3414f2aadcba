/**
 * The status of a key, decided in three places that must agree: by SQL where lists filter, by code where a key is shown, and
 * by the steps that a request goes through.
 */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import config from "../../gateway.config.ts";
import { compile, type Gateway } from "../../src/config/compile.ts";
import { factsOf } from "../../src/control/keys/list.ts";
import { authorize } from "../../src/decide/authorize.ts";
import { lifeRefusal, principalOf } from "../../src/decide/key-principal.ts";
import type { Account } from "../../src/decide/principal.ts";
import { findRoute } from "../../src/decide/route.ts";
import type { KeyRecord, Permission, Reach } from "../../src/domain/key.ts";
import { KEY_STATUSES, type KeyStatus, type StatusReason, statusReasonOf } from "../../src/domain/key-status.ts";
import { statusOf } from "../../src/records/key.ts";
import { countPlaces } from "../../src/store/key-count.ts";
import { listKeys } from "../../src/store/key-list.ts";
import { migrate, newId } from "../helpers/workerd.ts";

const NOW = 1_000_000;

const roles: (typeof config)["roles"] = {
  ...config.roles,
  reader: { scopes: ["read:all"], manages: { organization: "none", workspace: "none" } },
  idler: { scopes: [], manages: { organization: "none", workspace: "none" } },
};
const GATEWAYS: Record<"member" | "organization", Gateway> = {
  member: compile({ ...config, roles, keys: { ...config.keys, actAs: "member" } }),
  organization: compile({ ...config, roles, keys: { ...config.keys, actAs: "organization" } }),
};

/** `gone`: no role of the configuration. */
const MEMBERS = ["none", "owner", "reader", "idler", "gone", "removed"] as const;
const SCOPES = [
  ["signatures:read"],
  ["signatures:write"],
  ["write:all"],
  ["admin"],
  ["signatures:sign", "all:read", "constructor"],
  ["teammates:write"],
];

interface Case {
  readonly id: string;
  readonly member: (typeof MEMBERS)[number];
  readonly scopes: readonly string[];
  readonly permission: Permission;
  readonly reach: Reach;
  readonly plan: string | null;
  readonly environment: string;
  readonly disabled: boolean;
  readonly expired: boolean;
  readonly revoked: boolean;
}

interface World {
  readonly status: "active" | "suspended";
  /** Of the organization. */
  readonly plan: string | null;
  /** What the organization can create keys in; keys that it has keep working. */
  readonly environments: string;
}

const both = [false, true];

function casesOf(): Case[] {
  const cases: Case[] = [];
  for (const member of MEMBERS)
    for (const scopes of SCOPES)
      for (const permission of ["full-access", "read-only"] as const)
        for (const reach of ["organization", "workspace"] as const)
          for (const plan of [null, "free", "gold"])
            for (const environment of ["production", "moon"])
              for (const [disabled, expired, revoked] of both.flatMap((a) =>
                both.flatMap((b) => both.map((c) => [a, b, c])),
              ))
                cases.push({
                  ...{ id: newId("key"), member, scopes, permission, reach, plan, environment },
                  ...{ disabled: disabled === true, expired: expired === true, revoked: revoked === true },
                });
  return cases;
}

const WORLDS: World[] = (["active", "suspended"] as const).flatMap((status) =>
  [null, "free", "gold"].map((plan) => ({ status, plan, environments: plan === "free" ? '["production"]' : "[]" })),
);

async function store(world: World, cases: readonly Case[]): Promise<string> {
  const organization = newId("org");
  const run = (sql: string, ...values: unknown[]) => env.DB.prepare(sql).bind(...values);
  const memberOf = ({ member }: Case) => (member === "none" ? null : `${organization}_${member}`);
  const rows = cases.map((key) => ({ ...key, member: memberOf(key) }));
  await env.DB.batch([
    run(
      "INSERT INTO organizations (id, name, plan, environments, status, created_at) VALUES (?, 'A', ?, ?, ?, 1)",
      ...[organization, world.plan, world.environments, world.status],
    ),
    ...MEMBERS.filter((member) => member !== "none").map((member) =>
      run(
        "INSERT INTO members (id, organization_id, email, name, role, created_at, removed_at) VALUES (?1, ?2, ?1 || '@a.test', 'A', ?3, 1, ?4)",
        `${organization}_${member}`,
        organization,
        member === "removed" ? "owner" : member,
        member === "removed" ? 2 : null,
      ),
    ),
  ]);
  for (let at = 0; at < rows.length; at += 500) {
    const part = JSON.stringify(rows.slice(at, at + 500));
    await env.DB.batch([
      run(
        `INSERT INTO api_keys (id, organization_id, member_id, environment, reach, permission, name, plan, created_at, expires_at,
           disabled_at, revoked_at, revoked_by, version)
         SELECT value ->> 'id', ?2, value ->> 'member', value ->> 'environment', value ->> 'reach', value ->> 'permission', 'K',
           value ->> 'plan', 1, iif(value ->> 'expired', ${NOW}, ${NOW + 1}), iif(value ->> 'disabled', 2, NULL),
           iif(value ->> 'revoked', 3, NULL), iif(value ->> 'revoked', 'root', NULL), 'v'
         FROM json_each(?1)`,
        ...[part, organization],
      ),
      run(
        `INSERT INTO api_key_scopes (key_id, scope)
         SELECT entry.value ->> 'id', scope.value FROM json_each(?1) AS entry, json_each(entry.value, '$.scopes') AS scope`,
        part,
      ),
    ]);
  }
  return organization;
}

function recordOf(key: Case, world: World): KeyRecord {
  const role = key.member === "removed" ? "owner" : key.member;
  return {
    ...{ id: key.id, version: "v", environment: key.environment, reach: key.reach, permission: key.permission },
    organization: { id: "org", status: world.status },
    member: key.member === "none" ? null : { id: "m", role, removed: key.member === "removed", workspaces: [] },
    ...{ workspaces: [], scopes: key.scopes, plan: key.plan ?? world.plan, limits: null, allowedAddresses: [] },
    secrets: [{ hash: "h", expiresAt: null }],
    ...{ createdAt: 1, expiresAt: key.expired ? NOW : NOW + 1 },
    ...{ disabledAt: key.disabled ? 2 : null, revokedAt: key.revoked ? 3 : null },
  };
}

/** A request for each scope that there is. */
function requestsOf(actAs: "member" | "organization") {
  const everything = compile({
    ...config,
    roles,
    keys: { ...config.keys, actAs },
    routes: Object.entries(config.resources).flatMap(([resource, { actions }]) =>
      actions.map((action) => ({ path: `/${resource}/${action}`, origin: "signatures", resource, action })),
    ),
  } as never);
  const environment = everything.environments.production;
  if (!environment) throw new Error("there is no production");
  return everything.routes.map((route) => {
    const match = findRoute("GET", route.path, everything.router);
    const url = new URL(`https://api.example.com/v1${route.path}`);
    const asked = { request: new Request(url), url, environment, client: "", match };
    const account = { name: "a", hash: "h", environment: "production", keyId: "key" } as unknown as Account;
    return (record: KeyRecord) =>
      lifeRefusal(record, "h", everything, NOW) ??
      authorize(principalOf(record, account, everything), asked, everything);
  });
}

/** The code that all of them get, or `null` if one is let through. */
function fateOf(record: KeyRecord, requests: ReturnType<typeof requestsOf>): string | null {
  const codes = new Set<string>();
  for (const request of requests) {
    const outcome = request(record);
    if (!outcome) return null;
    codes.add(outcome.code);
  }
  return [...codes].join(" ");
}

beforeAll(migrate);

describe.each(["member", "organization"] as const)("where keys act as a %s", (actAs) => {
  const gateway = GATEWAYS[actAs];

  test("a list filtered by status holds exactly the keys that have it, in every combination of what decides", async () => {
    for (const world of WORLDS) {
      const cases = casesOf();
      const organizationId = await store(world, cases);
      const expected = Map.groupBy(cases, (key) => {
        const reason = statusReasonOf(recordOf(key, world), gateway, NOW);
        return statusOfReason(reason);
      });
      for (const status of KEY_STATUSES) {
        const filter = { organizationId, status: { is: status, facts: factsOf(world, gateway) } };
        const page = { limit: 10_000, after: undefined };
        const { items } = await listKeys(env.DB, filter, "created_at", page, NOW);
        expect(items.map(({ id }) => id).sort()).toEqual((expected.get(status) ?? []).map(({ id }) => id).sort());
        expect(new Set(items.map((key) => statusOf(key, gateway, NOW).status)).isSubsetOf(new Set([status]))).toBe(
          true,
        );
      }
      const isLost = ({ member }: Case) => actAs === "member" && member === "removed";
      const places = cases.filter((key) => !key.revoked && !key.expired && !isLost(key));
      expect(await countPlaces(env.DB, organizationId, actAs === "member", NOW)).toBe(places.length);
    }
  }, 120_000);

  test("the reason is the code that every request gets", () => {
    const requests = requestsOf(actAs);
    for (const world of WORLDS) {
      const others = casesOf().flatMap((key) => {
        const record = recordOf(key, world);
        const reason = statusReasonOf(record, gateway, NOW);
        // The authority says that, before any of these steps.
        if (reason === "plan_unknown") return [];
        const fate = fateOf(record, requests);
        return fate === reason ? [] : [{ key, fate, reason }];
      });
      expect(others).toEqual([]);
    }
  }, 120_000);
});

function statusOfReason(reason: StatusReason | null): KeyStatus {
  if (reason === null) return "active";
  const own: Partial<Record<StatusReason, KeyStatus>> = {
    ...{ key_revoked: "revoked", key_expired: "expired", key_disabled: "disabled" },
  };
  return own[reason] ?? "blocked";
}
