/** Mistakes in the Durable Objects of wrangler.toml: each class that is bound has to be created by a migration. */

import type { ConfigProblem } from "./problems.ts";
import { toAdd } from "./wrangler.ts";

const OURS: Readonly<Record<string, string>> = { AUTHORITY: "KeyAuthority", COURIER: "Courier" };

interface Binding {
  readonly name?: unknown;
  readonly class_name?: unknown;
  /** Of another Worker, whose migrations count. */
  readonly script_name?: unknown;
}

interface Migration {
  readonly new_classes?: readonly string[];
  readonly new_sqlite_classes?: readonly string[];
  readonly renamed_classes?: readonly { from: string; to: string }[];
  readonly transferred_classes?: readonly { to: string }[];
  readonly deleted_classes?: readonly string[];
}

export function problemsOfObjects(wrangler: unknown): ConfigProblem[] {
  const { durable_objects, migrations } = (wrangler ?? {}) as {
    durable_objects?: { bindings?: readonly Binding[] };
    migrations?: readonly Migration[];
  };
  const bindings = listOf(durable_objects?.bindings);
  const history = listOf(migrations);
  const own = bindings.filter(({ script_name }) => script_name === undefined);
  return [
    ...own.flatMap(problemsOfClass),
    ...problemsOfMissing(own.map(({ class_name }) => String(class_name)).filter(isNotIn(createdBy(history))), history),
    ...problemsOfStorage(history),
  ];
}

function problemsOfClass({ name, class_name }: Binding): ConfigProblem[] {
  const ours = OURS[String(name)];
  if (ours === undefined || ours === class_name) return [];
  return [
    {
      path: "wrangler.toml",
      problem: `binds ${name} to the class ${class_name}, but the gateway needs ${ours} there`,
      remedy: `Write: class_name = "${ours}".`,
    },
  ];
}

function problemsOfMissing(missing: readonly string[], history: readonly unknown[]): ConfigProblem[] {
  if (missing.length === 0) return [];
  const list = [...new Set(missing)].map((name) => JSON.stringify(name)).join(", ");
  return [
    {
      path: "wrangler.toml",
      problem: `has no migration that creates the Durable Object class ${list}`,
      remedy: toAdd(["[[migrations]]", `tag = "v${history.length + 1}"`, `new_sqlite_classes = [${list}]`]),
    },
  ];
}

/** https://developers.cloudflare.com/durable-objects/best-practices/access-durable-objects-storage/ */
function problemsOfStorage(history: readonly Migration[]): ConfigProblem[] {
  return Object.values(OURS)
    .filter((name) => history.some(({ new_classes }) => listOf(new_classes).includes(name)))
    .map((name) => ({
      path: "wrangler.toml",
      problem: `creates the Durable Object class "${name}" without SQLite, where the gateway keeps its state`,
      remedy: "Move it from new_classes to new_sqlite_classes.",
    }));
}

function createdBy(history: readonly Migration[]): Set<string> {
  const classes = new Set<string>();
  for (const each of history) {
    for (const name of [...listOf(each.new_classes), ...listOf(each.new_sqlite_classes)]) classes.add(name);
    for (const { from, to } of listOf(each.renamed_classes)) classes.delete(from) && classes.add(to);
    for (const { to } of listOf(each.transferred_classes)) classes.add(to);
    for (const name of listOf(each.deleted_classes)) classes.delete(name);
  }
  return classes;
}

function isNotIn(names: ReadonlySet<string>): (name: string) => boolean {
  return (name) => !names.has(name);
}

/** wrangler itself refuses what is not a list. */
function listOf<T>(value: readonly T[] | undefined): T[] {
  return Array.isArray(value) ? value.filter((each) => each !== null && each !== undefined) : [];
}
