import {
  CHANGED_ORGANIZATION_COLUMNS,
  ORGANIZATION_COLUMNS,
  type Organization,
  organizationCells,
  organizationOf,
} from "../records/organization.ts";
import type { Row } from "../records/record.ts";
import { assignments, places } from "./columns.ts";
import { cursorByAge, cutPage, type Page, type PageRequest } from "./pages.ts";

export function organizationInsert(db: D1Database, organization: Organization): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO organizations (${ORGANIZATION_COLUMNS.join(", ")}) VALUES (${places(ORGANIZATION_COLUMNS, 1)})`,
    )
    .bind(...organizationCells(organization, ORGANIZATION_COLUMNS));
}

/** Changes nothing if the organization is no longer at the version `from`. */
export function organizationUpdate(db: D1Database, organization: Organization, from: string): D1PreparedStatement {
  return db
    .prepare(`UPDATE organizations SET ${assignments(CHANGED_ORGANIZATION_COLUMNS, 3)} WHERE id = ?1 AND version = ?2`)
    .bind(organization.id, from, ...organizationCells(organization, CHANGED_ORGANIZATION_COLUMNS));
}

export async function readOrganization(db: D1Database, id: string): Promise<Organization | undefined> {
  const row = await db.prepare("SELECT * FROM organizations WHERE id = ?1").bind(id).first<Row>();
  return row ? organizationOf(row) : undefined;
}

/** Shorter texts are in too many ids. */
const MIN_PART_OF_ID = 4;

/** `sought`: part of the name or the id, or the email address of a member. Empty for all. */
export async function listOrganizations(db: D1Database, page: PageRequest, sought = ""): Promise<Page<Organization>> {
  const { results } = await db
    .prepare(
      `SELECT * FROM organizations WHERE (created_at, id) > (?1, ?2)
         AND (?4 = '' OR instr(lower(name), lower(?4)) OR (length(?4) >= ${MIN_PART_OF_ID} AND instr(id, lower(?4))) OR (instr(?4, '@') AND EXISTS (
           SELECT 1 FROM members WHERE organization_id = organizations.id AND lower(email) = lower(?4) AND removed_at IS NULL)))
       ORDER BY created_at, id LIMIT ?3`,
    )
    .bind(page.after?.value ?? 0, page.after?.id ?? "", page.limit + 1, sought)
    .all<Row>();
  return cutPage(results.map(organizationOf), page, cursorByAge);
}
