import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { read, sources } from "./sources.ts";

/** The commands that write and read files with secrets. */
const NAMES =
  /(?:--to|--from|--secrets-file|secret bulk(?: --env \S+)?|KEYGATE_SIGNING_KEYS(?: --env \S+)? <) ([\w.-]+\.json)\b/g;

const files = [...sources("{*.md,docs/**/*.md,create/template/*.md}"), ...sources("src/cli/**/*.ts")];
const named = new Set(files.flatMap(({ text }) => [...text.matchAll(NAMES)].map(([, name]) => name as string)));

test.each([".gitignore", "create/template/gitignore"])(
  "each file with secrets that the docs and the help name is one that git does not commit, by %s",
  (ignore) => {
    expect([...named]).toEqual(expect.arrayContaining(["secrets.production.json", "signing-keys.json"]));
    const folder = mkdtempSync(join(tmpdir(), "keygate-ignored-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    execFileSync("git", ["init", "-q", folder]);
    writeFileSync(join(folder, ".gitignore"), read(ignore));
    const ignored = execFileSync("git", ["check-ignore", "--", ...named], { cwd: folder, encoding: "utf8" });
    expect(new Set(ignored.trim().split("\n"))).toEqual(named);
  },
);
