import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PROJECT } from "./sources.ts";

/** Until the names are published, anyone can publish something else under them. These would fetch it. */
const FROM_A_REGISTRY: readonly RegExp[] = [
  /\bnpx (?!--no-install)(?:-\S+ )*(?:create-)?keygate\b/,
  /\b(?:npm|pnpm|yarn|bun) (?:create|init) keygate\b/,
  /\b(?:npm|pnpm|yarn|bun) (?:i|install|add|update|exec|x)\b(?: -\S+)* (?:create-)?keygate(?:-origin)?(?:@\S+)?(?=[\s`"'.,]|$)/,
  /\b(?:bunx|pnpx|dlx|npm exec) (?:-\S+ )*(?:create-)?keygate\b/,
];
const TEXTS =
  "{*.md,.ci/run,docs/**/*.md,examples/**/*,create/{*,template/**/*,template/.github/**/*},packages/origin/*,src/**/*.{ts,tsx}}";

test("no text tells anyone to run or install a name that is not published", () => {
  const files = globSync(TEXTS, { cwd: PROJECT, withFileTypes: true }).filter((file) => file.isFile());
  expect(files.length).toBeGreaterThan(300);
  const lines = files.flatMap((file) => {
    const path = join(file.parentPath, file.name);
    return readFileSync(path, "utf8")
      .split("\n")
      .map((line, index) => ({ line, at: `${path.slice(PROJECT.length + 1)}:${index + 1}` }));
  });
  const found = lines.filter(({ line }) => FROM_A_REGISTRY.some((pattern) => pattern.test(line)));
  expect(found.map(({ at, line }) => `${at}: ${line.trim()}`)).toEqual([]);
});

test.each([
  "npx keygate check",
  "npx -y keygate dev",
  "npx create-keygate",
  "npm create keygate",
  "npm i keygate@latest",
  "npm install --save-exact keygate",
  "npm install keygate-origin",
  "yarn add keygate",
  "pnpm dlx create-keygate",
])("that would be: %s", (line) => {
  expect(FROM_A_REGISTRY.some((pattern) => pattern.test(line))).toBe(true);
});

test.each([
  "npx --no-install keygate check",
  "npm install ../keygate/keygate-origin-0.2.0.tgz",
  "npm run create -- ../my-gateway",
  "npm run keygate -- check",
])("and this is not: %s", (line) => {
  expect(FROM_A_REGISTRY.some((pattern) => pattern.test(line))).toBe(false);
});
