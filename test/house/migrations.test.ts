import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { PROJECT, read } from "./sources.ts";

const MIGRATIONS = readdirSync(join(PROJECT, "migrations")).sort();

/** The database as it was before a migration, and after it. */
function around(name: string, fill: (database: DatabaseSync) => void): DatabaseSync {
  const database = new DatabaseSync(":memory:");
  const at = MIGRATIONS.indexOf(name);
  for (const earlier of MIGRATIONS.slice(0, at)) database.exec(read(`migrations/${earlier}`));
  fill(database);
  for (const later of MIGRATIONS.slice(at)) database.exec(read(`migrations/${later}`));
  return database;
}

const recorded = (database: DatabaseSync) =>
  database
    .prepare("SELECT objects, jurisdiction FROM jurisdictions ORDER BY objects")
    .all()
    .map((row) => Object.values(row));

test("what was deployed before there were jurisdictions has none: the control plane, and each environment with keys", () => {
  const database = around("0016_locations.sql", (earlier) => {
    earlier.exec(`
      INSERT INTO organizations (id, name, environments, created_at) VALUES ('org_1', 'Acme', '["live","test"]', 1);
      INSERT INTO api_keys (id, organization_id, environment, reach, permission, name, created_at, expires_at, version)
      VALUES ('key_1', 'org_1', 'live', 'organization', 'full-access', 'One', 1, 2, 'a'),
             ('key_2', 'org_1', 'live', 'organization', 'full-access', 'Two', 1, 2, 'b');`);
  });
  expect(recorded(database)).toEqual([
    ["*", null],
    ["live", null],
  ]);
});

test("a new database leaves every jurisdiction open", () => {
  expect(recorded(around("0016_locations.sql", () => {}))).toEqual([]);
});
