/**
 * `node bench/history.ts [state folder]`: a local gateway that looks as if people had used it for three months. It writes into the
 * database of a gateway that has been started at least once, which can be running. The keys can be looked at, but nobody has their secrets.
 */

import { globSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { seeded } from "../src/cli/model/random.ts";
import { DAY_MS, HOUR_MS } from "../src/domain/durations.ts";
import { keysOf, ORGANIZATIONS, type Organization, type PastKey, usageOf } from "./history-data.ts";

export interface History {
  readonly organizations: readonly {
    readonly id: string;
    readonly ownerId: string;
    readonly keys: readonly PastKey[];
  }[];
  readonly requests: number;
}

/** In days; usage is kept for so long by default. */
const PAST_DAYS = 90;
const REQUESTS = 300_000;

/** `state`: where the gateway keeps its own. */
export function writeHistory(state: string, now = Date.now()): History {
  const [file] = globSync(join(state, "v3/d1/**/*.sqlite")).filter((path) => !path.endsWith("metadata.sqlite"));
  if (!file) throw new Error(`${state} has no database yet. Start the gateway with it first.`);
  const db = new DatabaseSync(file);
  try {
    db.exec("PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE");
    const history = write(db, now);
    db.exec("COMMIT");
    return history;
  } finally {
    db.close();
  }
}

function write(db: DatabaseSync, now: number): History {
  const random = seeded(1);
  const organizations = ORGANIZATIONS.map((organization) => {
    writePeople(db, organization, now - PAST_DAYS * DAY_MS);
    const keys = keysOf(organization, { now, random });
    for (const key of keys) writeKey(db, organization, key);
    return { id: organization.id, ownerId: organization.members[0]?.id ?? "", keys };
  });
  return { organizations, requests: writeUsage(db, organizations, now, random) };
}

function insertion(db: DatabaseSync, into: string): (...values: SQLInputValue[]) => void {
  const statement = db.prepare(`INSERT OR REPLACE INTO ${into} VALUES (${into.split(",").map(() => "?")})`);
  return (...values) => {
    statement.run(...values);
  };
}

function writePeople(db: DatabaseSync, { id, name, plan, workspaces, members }: Organization, at: number): void {
  const environments = JSON.stringify(["production", "sandbox"]);
  insertion(db, "organizations (id, name, plan, environments, created_at)")(id, name, plan, environments, at);
  const workspace = insertion(db, "workspaces (id, organization_id, name, created_at)");
  for (const one of workspaces) workspace(one.id, id, one.name, at);
  const member = insertion(db, "members (id, organization_id, email, name, role, created_at)");
  const belonging = insertion(db, "member_workspaces (organization_id, member_id, workspace_id)");
  for (const one of members) {
    member(
      one.id,
      id,
      `${one.name.toLowerCase().replaceAll(" ", ".")}@${name.toLowerCase()}.example`,
      one.name,
      one.role,
      at,
    );
    for (const { id: workspaceId } of workspaces) belonging(id, one.id, workspaceId);
  }
}

function writeKey(db: DatabaseSync, { id: organization }: Organization, key: PastKey): void {
  insertion(
    db,
    `api_keys (id, organization_id, member_id, environment, reach, permission, name, description, created_at, expires_at, last_used_at,
      disabled_at, revoked_at, revoked_by, version)`,
  )(
    ...[key.id, organization, key.memberId, key.environment, key.workspaces.length > 0 ? "workspace" : "organization"],
    ...[key.permission, key.name, key.description, key.createdAt, key.expiresAt, key.lastUsedAt],
    ...[key.disabledAt, key.revokedAt, key.revokedAt && key.memberId, `ver_${key.id}`],
  );
  const scope = insertion(db, "api_key_scopes (key_id, scope)");
  for (const name of key.scopes) scope(key.id, name);
  const workspace = insertion(db, "api_key_workspaces (organization_id, key_id, workspace_id)");
  for (const one of key.workspaces) workspace(organization, key.id, one);
  const hint = `${key.environment === "production" ? "kg_live" : "kg_test"}_…${key.lastFour}`;
  insertion(db, "api_key_secrets (hash, key_id, pepper_id, hint, created_at)")(
    `hash of ${key.id}`,
    key.id,
    "p1",
    hint,
    key.createdAt,
  );
  const event = insertion(
    db,
    "audit_events (id, at, organization_id, actor, action, target, details, request_id, via)",
  );
  const details = JSON.stringify({ environment: key.environment, name: key.name, scopes: key.scopes });
  event(
    `evt_${key.id}`,
    key.createdAt,
    organization,
    key.memberId,
    "api_key.created",
    key.id,
    details,
    `req_${key.id}`,
    "ses_1",
  );
  if (key.revokedAt === null) return;
  event(
    `evt_${key.id}_end`,
    key.revokedAt,
    organization,
    key.memberId,
    "api_key.revoked",
    key.id,
    "{}",
    `req_${key.id}_end`,
    "ses_1",
  );
}

function writeUsage(
  db: DatabaseSync,
  organizations: History["organizations"],
  now: number,
  random: () => number,
): number {
  const insert = insertion(db, "usage_hours (organization_id, key_id, environment, hour, route, outcome, requests)");
  const first = now - (now % HOUR_MS) - PAST_DAYS * DAY_MS;
  let written = 0;
  for (const { organization, key, hour, route, outcome, requests } of usageOf(organizations, {
    first,
    now,
    requests: REQUESTS,
    random,
  })) {
    insert(organization, key.id, key.environment, hour, route, outcome, requests);
    written += requests;
  }
  return written;
}

if (import.meta.main) {
  const { organizations, requests } = writeHistory(process.argv[2] ?? ".wrangler/state");
  const keys = organizations.reduce((sum, { keys }) => sum + keys.length, 0);
  process.stdout.write(`Wrote ${keys} keys and ${requests} requests of ${organizations.length} organizations.\n`);
  for (const { id, ownerId } of organizations) process.stdout.write(`${id}, whose owner is ${ownerId}\n`);
  process.stdout.write("Sign in as an owner: npx --no-install keygate members sign-in-link <member id>\n");
}
