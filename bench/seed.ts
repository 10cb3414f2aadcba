/** Keys, straight into the local D1, in the form in which the gateway stores them. */

import { createHash, createHmac } from "node:crypto";
import type { Miniflare } from "miniflare";
import { generateSecret, hintOf } from "../src/domain/secret.ts";
import { type PLANS, PREFIX } from "./config.ts";

const PEPPER_ID = "bench";
const PEPPER = Buffer.alloc(32, "pepper");
export const PEPPERS = `${PEPPER_ID}:${PEPPER.toString("base64url")}`;

export type D1Database = Awaited<ReturnType<Miniflare["getD1Database"]>>;

export type Plan = keyof typeof PLANS;

export interface SeededKey {
  readonly id: string;
  readonly secret: string;
  readonly hash: string;
  /** As src/store/key-finder.ts writes it. */
  readonly kvName: string;
  readonly kvEntry: string;
}

const BATCH_SIZE = 2_000;
const LIFE_MS = 300 * 86_400_000;

/** Each may read and write signatures, and nothing else. */
export async function seedKeys(
  db: D1Database,
  plan: Plan,
  count: number,
  /** Default: a new one. */
  organization?: string,
): Promise<SeededKey[]> {
  const owner = organization ?? (await newOrganization(db, plan));
  const keys = Array.from({ length: count }, newKey);
  for (let at = 0; at < count; at += BATCH_SIZE) await insert(db, owner, keys.slice(at, at + BATCH_SIZE));
  return keys;
}

async function newOrganization(db: D1Database, plan: Plan): Promise<string> {
  const organization = id("org");
  await db
    .prepare(`INSERT INTO organizations (id, name, plan, environments, created_at) VALUES (?1, ?2, ?2, ?3, ?4)`)
    .bind(organization, plan, JSON.stringify(["production"]), Date.now())
    .run();
  return organization;
}

export function newSecret(): string {
  return generateSecret(PREFIX, (bytes) => crypto.getRandomValues(new Uint8Array(bytes)));
}

function newKey(): SeededKey {
  const secret = newSecret();
  const hash = hashOf(secret);
  const keyId = id("key");
  return {
    id: keyId,
    secret,
    hash,
    kvName: `secret:production:${hash}`,
    kvEntry: JSON.stringify({ key_id: keyId, pepper_id: PEPPER_ID }),
  };
}

function hashOf(secret: string): string {
  const digest = createHash("sha256").update(secret).digest();
  return createHmac("sha256", PEPPER).update(digest).digest("base64url");
}

async function insert(db: D1Database, organization: string, keys: readonly SeededKey[]): Promise<void> {
  const rows = JSON.stringify(keys.map(({ id, hash, secret }) => ({ id, hash, hint: hintOf(secret) })));
  const now = Date.now();
  const insertion = (into: string, values: string) =>
    db.prepare(`INSERT INTO ${into} SELECT ${values} FROM json_each(?1)`);
  const column = (name: string) => `value ->> '$.${name}'`;
  await db.batch([
    insertion(
      "api_keys (id, organization_id, environment, reach, permission, name, created_at, expires_at, version)",
      `${column("id")}, ?2, 'production', 'organization', 'full-access', 'bench', ?3, ?4, ${column("id")}`,
    ).bind(rows, organization, now, now + LIFE_MS),
    insertion("api_key_scopes (key_id, scope)", `${column("id")}, 'signatures:read'`).bind(rows),
    insertion("api_key_scopes (key_id, scope)", `${column("id")}, 'signatures:write'`).bind(rows),
    insertion(
      "api_key_secrets (hash, key_id, pepper_id, hint, created_at)",
      `${column("hash")}, ${column("id")}, '${PEPPER_ID}', ${column("hint")}, ?2`,
    ).bind(rows, now),
  ]);
}

function id(kind: string): string {
  return `${kind}_${crypto.randomUUID().replaceAll("-", "")}`;
}
