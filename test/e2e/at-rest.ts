/** All that a gateway which has ended left in its state: D1, KV and Durable Objects, as files and as values. */

import { globSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { DatabaseSync } from "node:sqlite";

export interface AtRest {
  /** Bytes as Latin-1. */
  readonly files: readonly { readonly file: string; readonly bytes: string }[];
  /** Every value of every column of every table; bytes as Latin-1. */
  readonly values: readonly { readonly place: string; readonly value: string }[];
}

export function readState(state: string): AtRest {
  const files = globSync(join(state, "**/*"))
    .filter((file) => statSync(file).isFile() && !/(gateway\.config\.ts|output\.log)$/.test(file))
    .map((file) => ({ file: relative(state, file), bytes: readFileSync(file, "latin1") }));
  const databases = files.filter(({ bytes }) => bytes.startsWith("SQLite format 3"));
  return { files, values: databases.flatMap(({ file }) => valuesIn(join(state, file))) };
}

function valuesIn(file: string) {
  const database = new DatabaseSync(file, { readOnly: true });
  const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
  const values = tables.flatMap(({ name: table }) =>
    rowsOf(database, String(table)).flatMap((row) =>
      Object.entries(row).map(([column, value]) => ({ place: `${table}.${column}`, value: textOf(value) })),
    ),
  );
  database.close();
  return values;
}

function rowsOf(database: DatabaseSync, table: string) {
  const select = database.prepare(`SELECT * FROM "${table}"`);
  select.setReadBigInts(true);
  return select.all();
}

function textOf(value: unknown): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : String(value);
}
