import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { parse } from "smol-toml";
import { describe, expect, test } from "vitest";
import { PROJECT, read, sources } from "./sources.ts";

const MAX_LINES = 250;
/** And why each is longer. */
const LONGER = [
  // A table of every error.
  "src/errors.ts",
  // One account, all of whose methods work on the same private state.
  "src/domain/ledger.ts",
];

describe("The project's files", () => {
  test(`no file of src is longer than ${MAX_LINES} lines, but for those that are listed`, () => {
    const long = sources().filter(({ text }) => text.split("\n").length - 1 > MAX_LINES);
    expect(long.map(({ path }) => path).filter((path) => !LONGER.includes(path))).toEqual([]);
  });

  test("a minute, an hour and a day are written out in domain/durations.ts alone, and limits begin with MAX_", () => {
    const elsewhere = sources().filter(({ path }) => path !== "src/domain/durations.ts");
    const own = /^(?!\s*(\/?\*|\/\/)).*(\b(60_000|3_?600_000|86_400(_000)?)\b|const (MOST|LONGEST)(_|\b))/m;
    const found = elsewhere.flatMap(({ path, text }) =>
      own.exec(text) ? [`${path}: ${own.exec(text)?.[0].trim()}`] : [],
    );
    expect(found).toEqual([]);
  });

  test("schema.sql is what the migrations make, one after the other", () => {
    const migrations = readdirSync(join(PROJECT, "migrations")).sort();
    expect(migrations.every((name) => /^\d{4}_[a-z_]+\.sql$/.test(name))).toBe(true);
    expect(new Set(migrations.map((name) => name.slice(0, 4))).size).toBe(migrations.length);
    const migrated = schemaAfter(migrations.map((name) => read(`migrations/${name}`)));
    expect(migrated.length).toBeGreaterThan(10);
    expect(schemaAfter([read("schema.sql")])).toEqual(migrated);
  });

  test("dependencies are of exact versions", () => {
    const { dependencies, devDependencies } = JSON.parse(read("package.json"));
    const versions = Object.entries<string>({ ...dependencies, ...devDependencies });
    expect(versions.length).toBeGreaterThan(5);
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  });

  test("the lock file has the versions of package.json", () => {
    const { name, version, dependencies, devDependencies } = JSON.parse(read("package.json"));
    expect(lock().packages[""]).toMatchObject({ name, version, dependencies, devDependencies });
  });

  test("one workerd is installed, of one version on every platform", () => {
    const { packages } = lock();
    const paths = Object.keys(packages).filter((path) => path.endsWith("node_modules/workerd"));
    expect(paths).toEqual(["node_modules/workerd"]);
    const platforms = Object.keys(packages).filter((path) => path.includes("@cloudflare/workerd-"));
    expect(platforms.length).toBeGreaterThan(1);
    expect(new Set(platforms.map((path) => packages[path]?.version))).toEqual(
      new Set([packages["node_modules/workerd"]?.version]),
    );
  });

  test("the lock file names no registry", () => {
    const { packages } = lock();
    expect(Object.keys(packages).filter((path) => packages[path]?.resolved !== undefined)).toEqual([]);
    expect(read("package-lock.json")).not.toMatch(/registry\./);
  });

  test("no file has the marks of a merge that nobody finished", () => {
    const texts = sources("{README.md,{docs,src,test,migrations}/**/*.{md,ts,tsx,sql}}");
    expect(texts.length).toBeGreaterThan(100);
    expect(texts.filter(({ text }) => /^[<>]{7} /m.test(text)).map(({ path }) => path)).toEqual([]);
  });

  test("Workers Logs keep no URLs, and so no key that somebody put into one", () => {
    const { observability } = parse(read("wrangler.toml")) as { observability?: { logs?: Record<string, unknown> } };
    expect(observability?.logs).toMatchObject({ invocation_logs: false });
  });
});

interface Lock {
  packages: Record<string, { version?: string; resolved?: string }>;
}

function lock(): Lock {
  return JSON.parse(read("package-lock.json"));
}

/** All that a database holds after these scripts, in a form that does not depend on their layout. */
function schemaAfter(scripts: readonly string[]) {
  const database = new DatabaseSync(":memory:");
  for (const script of scripts) database.exec(script);
  const rows = database.prepare("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name").all();
  return rows.map(({ sql, ...row }) => ({
    ...row,
    sql: sql === null ? null : String(sql).replace(/\s*([(),])\s*|\s+/g, (_, mark) => mark ?? " "),
  }));
}
