/** What `create-keygate` leaves behind where it cannot finish, and what it says then. */

import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { PROJECT } from "../house/sources.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keygate-create-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

function create(name: string, args: string[], path = process.env.PATH) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(PROJECT, "create/main.ts"), name, "--model", "minimal", ...args],
    { cwd: folder, env: { ...process.env, PATH: path }, encoding: "utf8" },
  );
  return { status, said: stdout + stderr };
}

/** An `npm` that does nothing, and ends like this. */
function npmThat(code: number): string {
  const bin = join(folder, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "npm"), `#!/bin/sh\nexit ${code}\n`);
  chmodSync(join(bin, "npm"), 0o755);
  return bin;
}

test("a project can be in a folder with the name keygate", () => {
  const { status, said } = create("keygate", ["--no-install"]);
  expect({ status, said }).toEqual({
    status: 0,
    said: "Next:\n  cd keygate\n  npm install\n  npm test\n  npm start\n",
  });
  expect(existsSync(join(folder, "keygate", "wrangler.toml"))).toBe(true);
});

test.each([
  ["a model that does not exist", ["--model", "none"]],
  ["packages that are not there", ["--packages", "nowhere"]],
])("%s leaves no folder behind that would block the next try", (_, args) => {
  expect(create("gateway", args).status).toBe(1);
  expect(readdirSync(folder)).toEqual([]);
  expect(create("gateway", ["--no-install"]).status).toBe(0);
});

test("an install that fails says what to do next, and so does another try", () => {
  const next = "cd gateway && npm install";
  const failed = create("gateway", [], npmThat(1));
  expect([failed.status, failed.said]).toEqual([1, expect.stringContaining(next)]);
  expect(existsSync(join(folder, "gateway", "package.json"))).toBe(true);
  const again = create("gateway", []);
  expect([again.status, again.said]).toEqual([1, expect.stringContaining(next)]);
});

test("a folder with other files is left unchanged", () => {
  mkdirSync(join(folder, "gateway"));
  writeFileSync(join(folder, "gateway", "mine.txt"), "mine");
  const { status, said } = create("gateway", []);
  expect([status, said]).toEqual([1, expect.stringContaining("is not empty. Name another folder.")]);
  expect(readdirSync(join(folder, "gateway"))).toEqual(["mine.txt"]);
});
