import { expect, test } from "vitest";
import { read, sources } from "./sources.ts";

const READ = /process\.env\.(\w+)|fromEnvironment\("(\w+)"\)|const VARIABLE = "(\w+)"/g;

test("docs/cli.md has every variable of the environment that the command line reads", () => {
  const names = sources("src/cli/**/*.ts").flatMap(({ text }) =>
    [...text.matchAll(READ)].flatMap(([, ...names]) => names.filter((name) => name !== undefined)),
  );
  expect(names.length).toBeGreaterThan(5);
  const [table = ""] = /^\| variable \| for \|\n(?:\|.*\n)+/m.exec(read("docs/cli.md")) ?? [];
  // npm sets its own, for the scripts that it runs.
  const missing = names.filter((name) => !name.startsWith("npm_") && !table.includes(`\`${name.toUpperCase()}\``));
  expect(missing).toEqual([]);
});

test("no variable of the command line's environment is read under a name that this cannot find", () => {
  const calls = sources("src/cli/**/*.ts").flatMap(
    ({ text }) => text.match(/(?<!function )fromEnvironment\([^)]*\)/g) ?? [],
  );
  expect(calls.filter((call) => !/\("\w+"\)$|\(VARIABLE\)$/.test(call))).toEqual([]);
});
