/** What tests in workerd begin with: the real D1 with rows in it, and bindings that can be watched or made to fail. */

import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { OwnLimits, Permission, Reach } from "../../src/domain/key.ts";
import { generateSecret } from "../../src/domain/secret.ts";
import { parsePeppers } from "../../src/store/peppers.ts";

export const peppers = parsePeppers(env.KEYGATE_PEPPERS);

export const migrate = () => applyD1Migrations(env.DB, env.MIGRATIONS);
export const newSecret = (prefix = "kg_test") => generateSecret(prefix, randomBytes);
export const newId = (kind: string) => `${kind}_${crypto.randomUUID().replaceAll("-", "")}`;
const randomBytes = (count: number) => crypto.getRandomValues(new Uint8Array(count));

/** A client address that no other test has spent look-ups from. */
export const newClient = () => `2001:db8:${[...randomBytes(4)].map((byte) => byte.toString(16)).join(":")}::1`;

/** Differences from a key that may do everything everywhere, without limits, until 2100. */
export interface Seed {
  environment?: "production" | "sandbox";
  reach?: Reach;
  /** How many workspaces the organization has; a key of this reach has the first. */
  workspaces?: number;
  memberWorkspaces?: number;
  permission?: Permission;
  role?: string;
  scopes?: string[];
  plan?: string;
  limits?: Partial<OwnLimits>;
  allowedAddresses?: string[];
  expiresAt?: number;
  disabledAt?: number;
  revokedAt?: number;
  memberRemovedAt?: number;
  organizationStatus?: "active" | "suspended";
}

export interface SeededKey {
  readonly id: string;
  readonly environment: string;
  readonly secret: string;
  readonly hash: string;
  readonly organizationId: string;
  readonly memberId: string;
  readonly workspaceIds: readonly string[];
}

/** An organization with a member, workspaces, and one key. */
export async function seedKey(seed: Seed = {}): Promise<SeededKey> {
  const { environment = "sandbox", reach = "organization", scopes = ["admin"] } = seed;
  const [id, organizationId, memberId] = [newId("key"), newId("org"), newId("mem")];
  const workspaceIds = Array.from({ length: seed.workspaces ?? 2 }, () => newId("ws"));
  const limits = seed.limits && JSON.stringify({ rates: [], quotas: [], ...seed.limits });
  const run = (sql: string, ...values: unknown[]) => env.DB.prepare(sql).bind(...values);
  await env.DB.batch([
    run(
      "INSERT INTO organizations (id, name, environments, status, created_at) VALUES (?, 'Acme', '[]', ?, 1)",
      organizationId,
      seed.organizationStatus ?? "active",
    ),
    ...workspaceIds.map((workspace) =>
      run(
        "INSERT INTO workspaces (id, organization_id, name, created_at) VALUES (?, ?, 'W', 1)",
        workspace,
        organizationId,
      ),
    ),
    run(
      `INSERT INTO members (id, organization_id, email, name, role, created_at, removed_at)
       VALUES (?, ?, 'ada@acme.test', 'Ada', ?, 1, ?)`,
      memberId,
      organizationId,
      seed.role ?? "owner",
      seed.memberRemovedAt ?? null,
    ),
    ...workspaceIds
      .slice(0, seed.memberWorkspaces ?? workspaceIds.length)
      .map((workspace) =>
        run(
          "INSERT INTO member_workspaces (organization_id, member_id, workspace_id) VALUES (?, ?, ?)",
          organizationId,
          memberId,
          workspace,
        ),
      ),
    run(
      `INSERT INTO api_keys (id, organization_id, member_id, environment, reach, permission, name, plan, limits, allowed_addresses,
         created_at, expires_at, disabled_at, revoked_at, revoked_by, version)
       VALUES (?, ?, ?, ?, ?, ?, 'Key', ?, ?, ?, 1, ?, ?, ?, ?, ?)`,
      id,
      organizationId,
      memberId,
      environment,
      reach,
      seed.permission ?? "full-access",
      seed.plan ?? null,
      limits ?? null,
      JSON.stringify(seed.allowedAddresses ?? []),
      seed.expiresAt ?? Date.UTC(2100, 0),
      seed.disabledAt ?? null,
      seed.revokedAt ?? null,
      seed.revokedAt === undefined ? null : "root",
      newId("ver"),
    ),
    ...scopes.map((scope) => run("INSERT INTO api_key_scopes (key_id, scope) VALUES (?, ?)", id, scope)),
    ...(reach === "workspace"
      ? [
          run(
            "INSERT INTO api_key_workspaces (organization_id, key_id, workspace_id) VALUES (?, ?, ?)",
            organizationId,
            id,
            workspaceIds[0],
          ),
        ]
      : []),
  ]);
  const secret = newSecret(environment === "production" ? "kg_live" : "kg_test");
  const hash = await addSecret(id, secret);
  return { id, environment, secret, hash, organizationId, memberId, workspaceIds };
}

/** Gives a key one more secret; its hash. */
export async function addSecret(keyId: string, secret: string): Promise<string> {
  const hash = await peppers[0].hash(secret);
  await env.DB.prepare(
    "INSERT INTO api_key_secrets (key_id, hash, pepper_id, hint, created_at) VALUES (?, ?, 'p1', '…', 1)",
  )
    .bind(keyId, hash)
    .run();
  return hash;
}

/** Numbers in `record_changes`, as so many new secrets get them. */
export async function numberNewSecrets(count: number): Promise<void> {
  await env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
     INSERT INTO record_changes (kind, subject) SELECT 'secret', i FROM n`,
  )
    .bind(count)
    .run();
}

const CHAINED = new Set(["prepare", "bind", "withSession"]);
export type OnIo = (name: string, go: () => unknown) => unknown;

/** A binding with `onIo` in front of each of its calls that do I/O. */
export function instrument<T extends object>(target: T, onIo: OnIo): T {
  return new Proxy(target, {
    get(object, name) {
      const member = Reflect.get(object, name, object);
      if (typeof member !== "function") return member;
      return (...given: unknown[]) => {
        const go = () => Reflect.apply(member, object, given);
        return CHAINED.has(String(name)) ? instrument(go(), onIo) : onIo(String(name), go);
      };
    },
  });
}

/** A binding whose calls are noted by name in `calls`. */
export function counting<T extends object>(target: T): { binding: T; calls: string[] } {
  const calls: string[] = [];
  const binding = instrument(target, (name, go) => {
    calls.push(name);
    return go();
  });
  return { binding, calls };
}

export const failing: OnIo = () => Promise.reject(new Error("the binding is down"));
export const hanging: OnIo = () => new Promise(() => {});
