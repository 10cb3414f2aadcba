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
/** Of the last days, hours are written, which stand for what a collector would know. */
const HOURS_FOR_DAYS = 1;

interface Options {
  readonly now?: number;
  /** Of the first organization, beside those with a history. */
  readonly moreKeys?: number;
}

/** `state`: where the gateway keeps its own. */
export function writeHistory(state: string, { now = Date.now(), moreKeys = 0 }: Options = {}): History {
  const [file] = globSync(join(state, "**/d1/**/*.sqlite")).filter((path) => !path.endsWith("metadata.sqlite"));
  if (!file) throw new Error(`${state} has no database yet. Start the gateway with it first.`);
  const db = new DatabaseSync(file);
  try {
    db.exec("PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE");
    const history = write(db, now, moreKeys);
    db.exec("COMMIT");
    return history;
  } finally {
    db.close();
  }
}

function write(db: DatabaseSync, now: number, moreKeys: number): History {
  const random = seeded(1);
  const organizations = ORGANIZATIONS.map((organization) => {
    writePeople(db, organization, now - PAST_DAYS * DAY_MS);
    const keys = keysOf(organization, { now, random });
    const write = keyWriter(db, organization);
    for (const key of keys) write(key);
    return { id: organization.id, ownerId: organization.members[0]?.id ?? "", keys };
  });
  const requests = writeUsage(db, organizations, now, random);
  const [first] = ORGANIZATIONS as [Organization];
  const write = keyWriter(db, first);
  for (const key of keysOf({ ...first, keys: moreKeys }, { now, random })) write(key);
  return { organizations, requests };
}

function insertion(db: DatabaseSync, into: string): (...values: SQLInputValue[]) => void {
  const statement = db.prepare(`INSERT OR IGNORE INTO ${into} VALUES (${into.split(",").map(() => "?")})`);
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

function keyWriter(db: DatabaseSync, { id: organization }: Organization): (key: PastKey) => void {
  const record = insertion(
    db,
    `api_keys (id, organization_id, member_id, environment, reach, permission, name, description, created_at, expires_at, last_used_at,
      disabled_at, revoked_at, revoked_by, version)`,
  );
  const scope = insertion(db, "api_key_scopes (key_id, scope)");
  const workspace = insertion(db, "api_key_workspaces (organization_id, key_id, workspace_id)");
  const secret = insertion(db, "api_key_secrets (hash, key_id, pepper_id, hint, created_at)");
  const event = insertion(
    db,
    "audit_events (id, at, organization_id, actor, action, target, details, request_id, via)",
  );
  return (key) => {
    record(
      ...[
        key.id,
        organization,
        key.memberId,
        key.environment,
        key.workspaces.length > 0 ? "workspace" : "organization",
      ],
      ...[key.permission, key.name, key.description, key.createdAt, key.expiresAt, key.lastUsedAt],
      ...[key.disabledAt, key.revokedAt, key.revokedAt && key.memberId, `ver_${key.id}`],
    );
    for (const name of key.scopes) scope(key.id, name);
    for (const one of key.workspaces) workspace(organization, key.id, one);
    const hint = `${key.environment === "production" ? "kg_live" : "kg_test"}_…${key.lastFour}`;
    secret(`hash of ${key.id}`, key.id, "p1", hint, key.createdAt);
    const happened = (at: number, action: string, details: object, name = key.id) =>
      event(
        ...[`evt_${name}`, at, organization, key.memberId, action, key.id],
        ...[JSON.stringify(details), `req_${name}`, "ses_1"],
      );
    const { environment, name, scopes } = key;
    happened(key.createdAt, "api_key.created", { environment, name, scopes });
    if (key.revokedAt !== null) happened(key.revokedAt, "api_key.revoked", {}, `${key.id}_end`);
  };
}

function writeUsage(
  db: DatabaseSync,
  organizations: History["organizations"],
  now: number,
  random: () => number,
): number {
  const insertHour = insertion(
    db,
    "usage_hours (organization_id, key_id, environment, hour, route, outcome, requests)",
  );
  const first = now - (now % HOUR_MS) - PAST_DAYS * DAY_MS;
  const firstHour = now - (now % DAY_MS) - HOURS_FOR_DAYS * DAY_MS;
  const days = new Map<string, { cells: readonly (string | number)[]; requests: number }>();
  let written = 0;
  for (const { organization, key, hour, route, outcome, requests } of usageOf(organizations, {
    ...{ first, now, requests: REQUESTS, random },
  })) {
    written += requests;
    if (hour >= firstHour) insertHour(organization, key.id, key.environment, hour, route, outcome, requests);
    else {
      const cells = [organization, key.id, key.environment, hour - (hour % DAY_MS), route, outcome];
      const known = days.get(cells.join());
      days.set(cells.join(), { cells, requests: (known?.requests ?? 0) + requests });
    }
  }
  writeDays(db, [...days.values()], random);
  return written;
}

/** As collectors write them, with what origins answered. */
function writeDays(
  db: DatabaseSync,
  days: readonly { cells: readonly (string | number)[]; requests: number }[],
  random: () => number,
): void {
  const insert = insertion(
    db,
    `usage_days (organization_id, key_id, environment, day, route, outcome, collector, requests, answers_2xx, answers_4xx,
      answers_5xx, response_bytes)`,
  );
  for (const { cells, requests } of days) {
    const answered = cells.at(-1) === "forwarded" ? requests : 0;
    const wrong = Math.round(answered * 0.05 * random());
    const failed = Math.round(answered * 0.01 * random());
    insert(...cells, 0, requests, answered - wrong - failed, wrong, failed, answered * 900);
  }
}

if (import.meta.main) {
  const { organizations, requests } = writeHistory(process.argv[2] ?? ".wrangler/state");
  const keys = organizations.reduce((sum, { keys }) => sum + keys.length, 0);
  process.stdout.write(`Wrote ${keys} keys and ${requests} requests of ${organizations.length} organizations.\n`);
  for (const { id, ownerId } of organizations) process.stdout.write(`${id}, whose owner is ${ownerId}\n`);
  process.stdout.write("Sign in as an owner: npx --no-install keygate members sign-in-link <member id>\n");
}
