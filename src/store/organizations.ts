import { cursorByAge, cutPage, type Page, type PageRequest } from "./pages.ts";

export interface Organization {
  readonly id: string;
  readonly name: string;
  readonly plan: string | null;
  /** Environments that it can have keys for. */
  readonly environments: readonly string[];
  /** `null`: the configuration's default. */
  readonly keyQuota: number | null;
  readonly status: "active" | "suspended";
  readonly trialStartedAt: number | null;
  readonly createdAt: number;
  readonly version: string;
}

interface Row {
  id: string;
  name: string;
  plan: string | null;
  environments: string;
  key_quota: number | null;
  status: "active" | "suspended";
  trial_started_at: number | null;
  created_at: number;
  version: string;
}

export function organizationInsert(db: D1Database, organization: Organization): D1PreparedStatement {
  const { id, name, plan, environments, keyQuota, status, createdAt, version } = organization;
  return db
    .prepare(
      `INSERT INTO organizations (id, name, plan, environments, key_quota, status, created_at, version)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)`,
    )
    .bind(id, name, plan, JSON.stringify(environments), keyQuota, status, createdAt, version);
}

/** Changes nothing if the organization is no longer at the version `from`. */
export function organizationUpdate(db: D1Database, organization: Organization, from: string): D1PreparedStatement {
  const { id, name, plan, environments, keyQuota, status, version } = organization;
  return db
    .prepare(
      `UPDATE organizations SET name = ?2, plan = ?3, environments = ?4, key_quota = ?5, status = ?6, version = ?7
       WHERE id = ?1 AND version = ?8`,
    )
    .bind(id, name, plan, JSON.stringify(environments), keyQuota, status, version, from);
}

export async function readOrganization(db: D1Database, id: string): Promise<Organization | undefined> {
  const row = await db.prepare("SELECT * FROM organizations WHERE id = ?1").bind(id).first<Row>();
  return row ? organizationOf(row) : undefined;
}

export async function listOrganizations(db: D1Database, page: PageRequest): Promise<Page<Organization>> {
  const { results } = await db
    .prepare("SELECT * FROM organizations WHERE (created_at, id) > (?1, ?2) ORDER BY created_at, id LIMIT ?3")
    .bind(page.after?.value ?? 0, page.after?.id ?? "", page.limit + 1)
    .all<Row>();
  return cutPage(results.map(organizationOf), page, cursorByAge);
}

function organizationOf(row: Row): Organization {
  return {
    id: row.id,
    name: row.name,
    plan: row.plan,
    environments: JSON.parse(row.environments),
    keyQuota: row.key_quota,
    status: row.status,
    trialStartedAt: row.trial_started_at,
    createdAt: row.created_at,
    version: row.version,
  };
}
