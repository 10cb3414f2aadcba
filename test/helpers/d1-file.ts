/** The D1 of a running gateway, written behind its back. */

import { globSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

interface Running {
  readonly state: string;
}

export function openD1({ state }: Running): DatabaseSync {
  const [file] = globSync(join(state, "v3/d1/**/*.sqlite")).filter((path) => !path.endsWith("metadata.sqlite"));
  const database = new DatabaseSync(file as string);
  database.exec("PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = OFF");
  return database;
}

/** Runs one statement, as somebody with SQL would. */
export function editD1(gateway: Running, sql: string, ...values: (string | number | null)[]): void {
  const database = openD1(gateway);
  database.prepare(sql).run(...values);
  database.close();
}

/** Returns what puts the database back as it is now, as Time Travel does. */
export function takeSnapshot(gateway: Running): () => void {
  const file = join(gateway.state, `earlier-${crypto.randomUUID()}.sqlite`);
  const database = openD1(gateway);
  database.exec(`VACUUM INTO '${file}'`);
  database.close();
  return () => {
    const later = openD1(gateway);
    const isOwn = "type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_cf_%'";
    const tables = later.prepare(`SELECT name FROM sqlite_master WHERE ${isOwn}`).all();
    later.exec(`ATTACH '${file}' AS earlier; BEGIN IMMEDIATE`);
    // Last what rows of other tables change by triggers.
    const last = ["api_keys", "record_changes"];
    const names = tables.map(({ name }) => String(name)).sort((a, b) => last.indexOf(a) - last.indexOf(b));
    for (const name of names) {
      later.exec(`DELETE FROM main.${name}; INSERT INTO main.${name} SELECT * FROM earlier.${name}`);
    }
    later.exec("COMMIT");
    later.close();
  };
}
