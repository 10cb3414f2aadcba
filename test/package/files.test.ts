import { globSync } from "node:fs";
import { join } from "node:path";
import { parse } from "smol-toml";
import { describe, expect, test } from "vitest";
import { filesOf } from "../../create/files.ts";
import { MODELS } from "../../create/models.ts";
import { PROJECT, read } from "../house/sources.ts";

const filesFor = (model: string) =>
  filesOf({ name: "acme", model, keygate: "^1", keygateOrigin: "^1" }, PROJECT, join(PROJECT, "create", "template"));
interface Section {
  readonly name: string;
  readonly services: object[];
  readonly d1_databases: object[];
}
const linesOf = (text = "") => text.split("\n");

describe.for(Object.keys(MODELS))("The files of a project of the model %s", (model) => {
  const files = filesFor(model);

  test("are this repository's, but for the lines that name its places", () => {
    const changed = (mine: string, theirs: string) => {
      const lines = new Set(linesOf(read(mine)));
      return linesOf(files.get(theirs)).filter((line) => !lines.has(line));
    };
    expect(changed("src/entry.ts", "src/index.ts")).toEqual(['import { createGateway } from "keygate/worker";']);
    expect(changed("gateway.config.staging.ts", "gateway.config.staging.ts")).toEqual([
      'import { defineGateway } from "keygate";',
    ]);
    const [first, ...origins] = changed(`examples/models/${model}/gateway.config.ts`, "gateway.config.ts");
    expect(first).toBe('import { defineGateway } from "keygate";');
    expect(origins.every((line) => line.includes('{ service: "ORIGIN"'))).toBe(true);
    const isRoute = (line: string) => line.includes("custom_domain = true }");
    expect(new Set(changed("wrangler.toml", "wrangler.toml").filter((line) => !isRoute(line)))).toEqual(
      new Set([
        'name = "acme"',
        'main = "src/index.ts"',
        'database_name = "acme"',
        'database_name = "acme-staging"',
        'migrations_dir = "node_modules/keygate/migrations"',
        'directory = "node_modules/keygate/dist/assets"',
        "# The service in origin/. Name your own services here, or give origins a URL in gateway.config.ts.",
        ...linesOf(read("wrangler.toml"))
          .filter((line) => line.includes("docs/"))
          .map((line) => line.replace("docs/", "node_modules/keygate/docs/")),
        'binding = "ORIGIN"',
        'service = "acme-origin"',
        'service = "acme-origin-staging"',
      ]),
    );
    const others = (text = "") => linesOf(text).filter((line) => !isRoute(line)).length;
    expect(others(files.get("wrangler.toml"))).toBe(others(read("wrangler.toml")));
  });

  test("route every base URL to the gateway, on staging too", () => {
    const wrangler = parse(files.get("wrangler.toml") ?? "");
    const written = [...(files.get("gateway.config.ts") ?? "").matchAll(/baseUrls: \["https:\/\/([^/"]+)/g)];
    const hosts = written.map(([, host = ""]) => host);
    expect(hosts.length).toBeGreaterThan(1);
    const patterns = (section: unknown) =>
      (section as { routes: { pattern: string }[] }).routes.map(({ pattern }) => pattern);
    expect(patterns(wrangler)).toEqual(hosts);
    const staging = hosts.map((host) => host.replace(".example.com", ".staging.example.com"));
    expect(patterns((wrangler.env as { staging: unknown }).staging)).toEqual(staging);
  });

  test("have no word of the template left", () => {
    const left =
      /(?<![A-Z_])(NAME|ORIGIN_NAME|READ_SCOPE|SAMPLE_PATH|CURL_PATH|REACH|ORGANIZATION|CREATE_COMMANDS|[A-Z]+_ISSUERS|[A-Z]+_ROW)(?![A-Z_])/;
    const found = [...files]
      .filter(([path]) => path !== "wrangler.toml")
      .flatMap(([path, text]) =>
        linesOf(text)
          .filter((line) => left.test(line))
          .map(() => path),
      );
    expect(found).toEqual([]);
    expect([...files.keys()]).toEqual(expect.arrayContaining([".gitignore", ".github/workflows/deploy.yml"]));
  });
});

test.for(["keygate", "keygate-demo", "keygate-origin", "gateway"])("A project can have the name %s", (name) => {
  const files = filesOf(
    { name, model: "minimal", keygate: "^1", keygateOrigin: "^1" },
    PROJECT,
    join(PROJECT, "create", "template"),
  );
  const { env, ...production } = parse(files.get("wrangler.toml") ?? "") as never as Record<string, Section>;
  const staging = (env as never as Record<string, Section>).staging;
  expect(production.name).toBe(name);
  expect([production, staging].map((section) => [section?.services, section?.d1_databases])).toMatchObject([
    [[{ service: `${name}-origin` }], [{ database_name: name }]],
    [[{ service: `${name}-origin-staging` }], [{ database_name: `${name}-staging` }]],
  ]);
});

test("every model of examples/models can be chosen", () => {
  expect(globSync("*", { cwd: join(PROJECT, "examples/models") }).sort()).toEqual(Object.keys(MODELS).sort());
});
