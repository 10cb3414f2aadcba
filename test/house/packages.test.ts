import { existsSync, globSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { PROJECT, read, sources } from "./sources.ts";

interface Manifest {
  version: string;
  files: string[];
  exports: object;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
}
const manifest = (folder: string): Manifest => JSON.parse(read(`${folder}/package.json`));
const root = manifest(".");
const origin = manifest("packages/origin");
const starter = manifest("create");

test("the packages have one version, and the changelog begins with it", () => {
  expect([origin.version, starter.version]).toEqual([root.version, root.version]);
  expect(/^## (.*)$/m.exec(read("CHANGELOG.md"))?.[1]).toBe(root.version);
});

test("keygate-origin needs jose, and nothing else", () => {
  expect(origin.dependencies).toEqual({ jose: root.devDependencies.jose });
  const packages = sources("src/origin/*.ts").flatMap(({ imports }) =>
    imports.filter((name) => !name.startsWith("src/")),
  );
  expect(new Set(packages)).toEqual(new Set(["jose", "hono"]));
});

test("the pages that the command and wrangler.toml name are in the package", () => {
  const texts = sources("src/cli/**/*.ts").map(({ text }) => text);
  const pages = texts.flatMap((text) =>
    [...text.matchAll(/\bpage\("([\w-]+)"\)/g)].map(([, name]) => `docs/${name}.md`),
  );
  const files = [...pages, ...(read("wrangler.toml").match(/\bdocs\/[\w-]+\.md/g) ?? [])];
  expect(new Set(files).size).toBeGreaterThan(3);
  expect(files.filter((file) => !existsSync(join(PROJECT, file)))).toEqual([]);
  // They would be named without the folder of the package.
  expect(texts.flatMap((text) => text.match(/[`"][^`"\n]*\bdocs\/[\w-]+\.md/g) ?? [])).toEqual([]);
});

test("what its pages link to is in the package", () => {
  const pages = ["README.md", "CHANGELOG.md", ...globSync("docs/**/*.md", { cwd: PROJECT })];
  const links = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)].map(([, link = ""]) => ({
      page,
      to: join(dirname(page), link),
    })),
  );
  expect(links.length).toBeGreaterThan(100);
  // npm always adds the license.
  const included = [...globSync(root.files, { cwd: PROJECT }), "README.md", "LICENSE"];
  const isIncluded = (path: string) => included.some((each) => path === each || path.startsWith(`${each}/`));
  expect(links.filter(({ to }) => !isIncluded(to) || !existsSync(join(PROJECT, to)))).toEqual([]);
});

test("what a project must have is what this one is tested with", () => {
  for (const [name, range] of Object.entries(root.peerDependencies))
    expect(range).toBe(`^${root.devDependencies[name]}`);
});

test("what the package imports, it depends on", () => {
  const imported = sources("src/{!(origin),!(origin)/**/*}.{ts,tsx}")
    .flatMap(({ imports }) => imports)
    .filter((name) => !/^(src\/|node:|cloudflare:)/.test(name) && !name.includes("gateway.config.ts"))
    .map((name) => /^(@[^/]+\/)?[^/]+/.exec(name)?.[0] as string);
  const declared = new Set(Object.keys({ ...root.dependencies, ...root.peerDependencies }));
  expect(imported.length).toBeGreaterThan(50);
  expect([...new Set(imported)].filter((name) => !declared.has(name))).toEqual([]);
});
