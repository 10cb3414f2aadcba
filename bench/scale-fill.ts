/** Fills a database file with keys, in the form in which the gateway stores them. Past D1, which would take an hour for a million. */

import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { seeded } from "../src/cli/model/random.ts";
import {
  keyOf,
  memberId,
  membersOf,
  NOW,
  ORGANIZATIONS,
  organizationId,
  owners,
  type ScaleKey,
  workspaceId,
  workspacesOf,
} from "./scale-data.ts";

const BATCH_SIZE = 20_000;

export function fill(file: string, count: number, progress: (made: number) => void): void {
  const db = new DatabaseSync(file, { enableForeignKeyConstraints: false });
  db.exec("PRAGMA cache_size = -4000000; PRAGMA synchronous = OFF");
  const indexes = db.prepare("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").all();
  for (const { name } of indexes) db.exec(`DROP INDEX ${name}`);
  fillOrganizations(db);
  const random = seeded(1);
  const owner = owners(count, random);
  const insertKey = keyInsertion(db);
  for (let made = 0; made < count; made += BATCH_SIZE) {
    const end = Math.min(count, made + BATCH_SIZE);
    db.exec("BEGIN");
    for (let number = made; number < end; number++) insertKey(keyOf(number, count, owner[number] as number, random));
    db.exec("COMMIT");
    progress(end);
  }
  // Sooner made at the end than kept up with each row.
  for (const { sql } of indexes) db.exec(String(sql));
  db.close();
}

function fillOrganizations(db: DatabaseSync): void {
  const organization = insertion(db, "organizations (id, name, environments, created_at)");
  const workspace = insertion(db, "workspaces (id, organization_id, name, created_at)");
  const member = insertion(db, "members (id, organization_id, email, name, role, created_at)");
  db.exec("BEGIN");
  for (let number = 0; number < ORGANIZATIONS; number++) {
    const id = organizationId(number);
    organization(id, "Scale", "[]", 1);
    for (let at = 0; at < workspacesOf(number); at++) workspace(workspaceId(number, at), id, "Workspace", 1);
    for (let at = 0; at < membersOf(number); at++)
      member(memberId(number, at), id, `m${at}@scale.test`, "M", "owner", 1);
  }
  db.exec("COMMIT");
}

function keyInsertion(db: DatabaseSync): (key: ScaleKey) => void {
  const record = insertion(
    db,
    `api_keys (id, organization_id, member_id, environment, reach, permission, name, description, created_at, expires_at,
       last_used_at, disabled_at, revoked_at, revoked_by, version)`,
  );
  const scope = insertion(db, "api_key_scopes (key_id, scope)");
  const workspace = insertion(db, "api_key_workspaces (organization_id, key_id, workspace_id)");
  const secret = insertion(db, "api_key_secrets (hash, key_id, pepper_id, hint, created_at)");
  return (key) => {
    const { id, organization, member, environment, reach, permission, name, description, created, expires } = key;
    const revoker = key.revoked === null ? null : "root";
    const ends = [key.used, key.disabled, key.revoked, revoker];
    record(id, organization, member, environment, reach, permission, name, description, created, expires, ...ends, id);
    for (const each of key.scopes) scope(id, each);
    for (const each of key.workspaces) workspace(organization, id, each);
    secret(key.hash, id, "p1", `kg_live_…${key.hash.slice(-4)}`, NOW);
  };
}

function insertion(db: DatabaseSync, into: string): (...values: SQLInputValue[]) => void {
  const columns = into.split(",").map(() => "?");
  const statement = db.prepare(`INSERT INTO ${into} VALUES (${columns})`);
  return (...values) => {
    statement.run(...values);
  };
}
