/** The files of a new project, from those of Keygate's repository and of `template`. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { MODELS, type Model } from "./models.ts";

export interface Wanted {
  readonly name: string;
  readonly model: string;
  /** What package.json depends on, for example `^0.2.0`, or a `file:` of a tarball. */
  readonly keygate: string;
  readonly keygateOrigin: string;
}

/** `repository`: the folder with Keygate's wrangler.toml and examples. Returns texts by their paths. */
export function filesOf(wanted: Wanted, repository: string, template: string): Map<string, string> {
  const model = modelOf(wanted.model);
  const read = (path: string) => readFileSync(join(repository, path), "utf8");
  const config = withPackage(read(`examples/models/${wanted.model}/gateway.config.ts`));
  const files = new Map([
    ["gateway.config.ts", withService(config, model)],
    ["gateway.config.staging.ts", withPackage(read("gateway.config.staging.ts"))],
    ["src/index.ts", read("src/entry.ts").replace('"./worker.ts"', '"keygate/worker"')],
    ["wrangler.toml", wranglerOf(read("wrangler.toml"), wanted.name, hostsOf(config))],
    ["package.json", manifestOf(JSON.parse(read("package.json")), wanted)],
  ]);
  const fill = filling(wanted, model, config, read("wrangler.toml"));
  for (const entry of readdirSync(template, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const name = file.slice(template.length + 1);
    files.set(name === "gitignore" ? ".gitignore" : name, fill(readFileSync(file, "utf8")));
  }
  return files;
}

export function modelOf(name: string): Model {
  const model = MODELS[name];
  if (!model) throw new Error(`There is no model "${name}". Choose one of: ${Object.keys(MODELS).join(", ")}.`);
  return model;
}

function withPackage(text: string): string {
  return text.replace(/"[./]*\/src\/index\.ts"/, '"keygate"');
}

/** The project's own Worker instead of the URLs of the model's services. */
function withService(config: string, { environments }: Model): string {
  const shared = environments.length > 1 ? ", shared: true" : "";
  return config.replace(/\{ url: "[^"]*", rewriteLocation: true \}/g, `{ service: "ORIGIN"${shared} }`);
}

/** Of its base URLs. */
function hostsOf(config: string): string[] {
  const lists = [...config.matchAll(/baseUrls: (\[[^\]]*\])/g)].flatMap(
    ([, list = "[]"]) => JSON.parse(list) as string[],
  );
  return [...new Set(lists.map((url) => new URL(url).host))];
}

function routesOf(hosts: readonly string[]): string {
  const lines = hosts.map((host) => `  { pattern = "${host}", custom_domain = true },\n`);
  return `routes = [\n${lines.join("")}]\n`;
}

function wranglerOf(text: string, name: string, hosts: readonly string[]): string {
  const origin = 'service = "keygate-demo-origin"';
  const changes: [string | RegExp, string][] = [
    ['name = "keygate"\n', `name = "${name}"\n`],
    ['main = "src/entry.ts"', 'main = "src/index.ts"'],
    [/^routes = \[\n[^\]]*\]\n/m, routesOf(hosts)],
    [
      /(?<=^\[env\.staging\]\n)routes = \[\n[^\]]*\]\n/m,
      routesOf(hosts.map((host) => host.replace(".example.com", ".staging.example.com"))),
    ],
    [/database_name = "keygate/g, `database_name = "${name}`],
    [/migrations_dir = "migrations"/g, 'migrations_dir = "node_modules/keygate/migrations"'],
    ['directory = "assets"', 'directory = "node_modules/keygate/dist/assets"'],
    [/binding = "DEMO_ORIGIN"/g, 'binding = "ORIGIN"'],
    [
      new RegExp(`(?<=^\\[\\[env\\.staging\\.services\\]\\]\n.*\n)${origin}`, "m"),
      `service = "${name}-origin-staging"`,
    ],
    [origin, `service = "${name}-origin"`],
    [/\bdocs\//g, "node_modules/keygate/docs/"],
    ["The demo's origin (examples/origin).", "The service in origin/."],
  ];
  return changes.reduce((changed, [from, to]) => {
    const isThere = typeof from === "string" ? changed.includes(from) : changed.search(from) >= 0;
    if (!isThere) throw new Error(`wrangler.toml does not have ${from}`);
    return changed.replace(from, to);
  }, text);
}

interface Manifest {
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly overrides: Readonly<Record<string, string>>;
}

const TOOLS = [
  "@cloudflare/vitest-plugin",
  "@cloudflare/workers-types",
  "@types/node",
  "node",
  "typescript",
  "vitest",
  "wrangler",
];

function manifestOf({ devDependencies, overrides }: Manifest, wanted: Wanted): string {
  const versions = (names: string[]) => Object.fromEntries(names.map((name) => [name, devDependencies[name]]));
  const manifest = {
    name: wanted.name,
    version: "0.0.0",
    private: true,
    type: "module",
    scripts: {
      start: "keygate dev --no-demo",
      test: "vitest run",
      check: "tsc && keygate check --bundle",
      deploy: "keygate deploy",
    },
    dependencies: { ...versions(["hono"]), keygate: wanted.keygate, "keygate-origin": wanted.keygateOrigin },
    devDependencies: versions(TOOLS),
    // One workerd for wrangler and for the tests.
    overrides,
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** Puts what belongs to the project into a text of the template. */
function filling({ name, keygate }: Wanted, model: Model, config: string, wrangler: string): (text: string) => string {
  const issuers = [...config.matchAll(/issuer: "([^"]*)"/g)].map(([, issuer = ""]) => issuer);
  const onStaging = issuers.map((issuer) => issuer.replace(".example.com", ".staging.example.com"));
  const withPlan = model.plan ? `, plan: "${model.plan}"` : "";
  const organization = `{ name: "Acme", environments: ${JSON.stringify(model.environments)}${withPlan} }`;
  const reach =
    model.reach === "workspace" ? 'reach: "workspace", workspace_ids: [workspaceId]' : `reach: "organization"`;
  const plan = model.plan ? ` --plan ${model.plan}` : "";
  const values: Record<string, string> = {
    COMPATIBILITY_DATE: /compatibility_date = "(.*)"/.exec(wrangler)?.[1] as string,
    PRODUCTION_ISSUERS: issuers.join(" "),
    STAGING_ISSUERS: onStaging.join(" "),
    ORIGIN_NAME: model.origin,
    READ_SCOPE: model.readScope,
    SAMPLE_PATH: model.samplePath,
    CURL_PATH: model.samplePath.replace(":workspace", "<workspace>"),
    ORGANIZATION: organization,
    REACH: reach,
    CREATE_COMMANDS: commands(model, plan).join("\n"),
    PACKAGES_ROW: keygate.startsWith("file:") ? "| `packages/` | Keygate itself, until it is published |\n" : "",
    NAME: name,
  };
  return (text) =>
    Object.entries(values).reduce(
      (filled, [word, value]) => filled.replaceAll(new RegExp(`(?<![A-Z_])${word}(?![A-Z_])`, "g"), () => value),
      text,
    );
}

function commands({ environments, reach, readScope }: Model, plan: string): string[] {
  const keygate = "npx --no-install keygate";
  const inWorkspace = reach === "workspace";
  return [
    `${keygate} orgs create --name Acme --environments ${environments.join(",")}${plan}`,
    `${keygate} workspaces create --organization org_… --name Main`,
    `${keygate} members create --organization org_… --name Olga --email olga@acme.example --role owner --workspaces ws_…`,
    `${keygate} keys create --organization org_… --member mem_… --environment production --reach ${reach} \\`,
    `  ${inWorkspace ? "--workspaces ws_… " : ""}--permission full-access --scopes ${readScope} --name first-key`,
  ];
}
