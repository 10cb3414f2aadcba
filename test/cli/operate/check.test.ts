import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "smol-toml";
import { describe, expect, test } from "vitest";
import { copyOfProject, keygate, PROJECT } from "../helpers.ts";

// biome-ignore lint/suspicious/noExplicitAny: the tests change any of its fields
type Wrangler = any;

interface Wrong {
  /** Changes wrangler.toml, parsed. */
  wrangler?: (content: Wrangler) => void;
  /** Replacements in gateway.config.ts. */
  config?: [from: string, to: string][];
  says: string;
  /** What has to be there too, for example the lines to add. */
  also?: string[];
}

const section = (content: Wrangler) => content.env.staging;

const IN_EU: [string, string] = [
  'control: { baseUrls: ["https://keys.example.com"]',
  'control: { baseUrls: ["https://keys.example.com"], jurisdiction: "eu"',
];

const WRONG: Record<string, Wrong> = {
  "no route at all": {
    wrangler: (content) => delete content.routes,
    says: "wrangler.toml: has no route or custom domain for https://api.example.com/v1, https://sandbox.example.com/v1, https://keys.example.com, so no request arrives there. Add to wrangler.toml, above its tables:",
    also: ['{ pattern = "api.example.com", custom_domain = true },'],
  },
  "a base URL without a route": {
    wrangler: (content) => content.routes.splice(1, 1),
    says: "wrangler.toml: has no route or custom domain for https://sandbox.example.com/v1, so no request arrives there. Add to the routes of wrangler.toml:",
    also: ['{ pattern = "sandbox.example.com", custom_domain = true },'],
  },
  "a route that covers only other paths of a base URL": {
    wrangler: (content) => (content.routes[0] = { pattern: "api.example.com/v2/*", zone_name: "example.com" }),
    says: "has no route or custom domain for https://api.example.com/v1",
  },
  "a service that nothing uses": {
    wrangler: (content) => content.services.push({ binding: "LEFT_OVER", service: "left-over" }),
    says: "wrangler.toml: binds the service LEFT_OVER, which no origin and no code uses. Remove the binding",
  },
  "a service that no Worker provides": {
    wrangler: (content) => (content.services[0].service = "name-of-the-worker"),
    says: "wrangler.toml: binds the service DEMO_ORIGIN to no Worker. Write the name of the Worker that provides it.",
  },
  "a service that is the gateway itself": {
    wrangler: (content) => (content.services[0].service = content.name),
    says: "wrangler.toml: binds the service DEMO_ORIGIN to this Worker itself.",
  },
  "a service that is not bound": {
    wrangler: (content) => delete content.services,
    says: 'origins.signatures.production.service: is a service that wrangler.toml does not bind: "DEMO_ORIGIN".',
  },
  "an environment without its bindings": {
    wrangler: (content) => (content.env.staging = { routes: section(content).routes }),
    says: 'wrangler.toml, [env.staging]: has no D1 database binding "DB". Add to wrangler.toml:\n      [[env.staging.d1_databases]]',
    also: [
      "[[env.staging.kv_namespaces]]",
      "[[env.staging.durable_objects.bindings]]",
      "[[env.staging.ratelimits]]",
      "[[env.staging.services]]",
    ],
  },
  "an environment on the hosts of another": {
    wrangler: (content) => delete section(content).routes,
    says: "wrangler.toml, [env.staging]: has no route or custom domain for https://api.staging.example.com/v1",
  },
  "an environment without a configuration, and without its bindings": {
    wrangler: (content) => (content.env.preview = {}),
    says: 'wrangler.toml, [env.preview]: has no D1 database binding "DB".',
  },
  "a Durable Object class that no migration creates": {
    wrangler: (content) => (content.migrations[0].new_sqlite_classes = ["KeyAuthority"]),
    says: 'wrangler.toml: has no migration that creates the Durable Object class "Courier". Add to wrangler.toml:\n      [[migrations]]\n      tag = "v2"\n      new_sqlite_classes = ["Courier"]',
  },
  "a Durable Object class without SQLite": {
    wrangler: (content) => (content.migrations[0] = { tag: "v1", new_classes: ["KeyAuthority", "Courier"] }),
    says: 'wrangler.toml: creates the Durable Object class "KeyAuthority" without SQLite',
  },
  "a Durable Object class that was deleted": {
    wrangler: (content) => content.migrations.push({ tag: "v2", deleted_classes: ["Courier"] }),
    says: 'wrangler.toml: has no migration that creates the Durable Object class "Courier".',
  },
  "a Durable Object binding to another class": {
    wrangler: (content) => (content.durable_objects.bindings[0].class_name = "Courier"),
    says: 'wrangler.toml: binds AUTHORITY to the class Courier, but the gateway needs KeyAuthority there. Write: class_name = "KeyAuthority".',
  },
  "a namespace that would be created outside of the jurisdiction": {
    config: [IN_EU],
    says: "wrangler.toml: binds KV to no id, so wrangler would create the namespace outside of eu (control.jurisdiction). Run npx wrangler kv namespace create KV --jurisdiction eu, and add the id",
  },
  "such a namespace of an environment": {
    config: [IN_EU],
    wrangler: (content) => (content.kv_namespaces[0].id = "0123456789abcdef0123456789abcdef"),
    says: "wrangler.toml, [env.staging]: binds KV to no id",
    also: ["Run npx wrangler kv namespace create KV --env staging --jurisdiction eu"],
  },
  "a role that manages keys without a scope of them": {
    config: [['owner: { scopes: ["admin"]', 'owner: { scopes: ["read:all"]']],
    says: "roles.owner.manages: lets members manage keys, but the role has no scope of api_keys, so each attempt is refused. Add",
  },
  "an origin over plain HTTP": {
    config: [['production: { service: "DEMO_ORIGIN", shared: true }', 'production: { url: "http://10.0.0.1" }']],
    says: "origins.signatures.production.url: is plain HTTP, so requests and assertions cross the network unencrypted. Use https://",
  },
  "a resource of a route that is not declared": {
    config: [['resource: "folders",', 'resource: "folder",']],
    says: 'routes["/workspaces/:workspace/folders/*"].resource: is not a resource: "folder". Did you mean "folders"?',
  },
  "an action of a route with methods": {
    config: [['action: "read" },\n    {', 'action: "reed" },\n    {']],
    says: 'routes["POST /signatures/search"].action: is not an action of "signatures": "reed". Did you mean "read"?',
  },
  "a mistake of form in a route": {
    config: [['{ path: "/status", origin:', '{ path: "/status", orgin:']],
    says: 'routes["/status"].orgin: is not a known field. Did you mean "origin"?',
  },
  "two routes for one request": {
    config: [
      [
        '{ path: "/status", origin: "signatures", public: true }',
        '{ path: "/teammates/*", origin: "signatures", public: true }',
      ],
    ],
    says: 'routes[7] ("/teammates/*"): answers requests that routes[4] ("/teammates/*") answers too.',
  },
  "routes that differ only in case": {
    config: [['path: "/status"', 'path: "/Teammates/*"']],
    says: '.path: is the same path as routes["/',
  },
};

function wrongProject({ wrangler, config = [] }: Wrong, format: "toml" | "jsonc"): string {
  const project = copyOfProject();
  copyFileSync(join(PROJECT, "gateway.config.staging.ts"), join(project, "gateway.config.staging.ts"));
  const toml = join(project, "wrangler.toml");
  const content = parse(readFileSync(toml, "utf8"));
  wrangler?.(content);
  if (format === "toml") {
    writeFileSync(toml, stringify(content));
  } else {
    rmSync(toml);
    writeFileSync(
      join(project, "wrangler.jsonc"),
      `// mine\n${JSON.stringify(content, null, 2).replace(/\n}$/, ",\n}")}`,
    );
  }
  const file = join(project, "gateway.config.ts");
  let text = readFileSync(file, "utf8");
  for (const [from, to] of config) {
    expect(text).toContain(from);
    text = text.replace(from, () => to);
  }
  writeFileSync(file, text);
  return project;
}

describe("keygate check refuses what cannot be served, and says what to do", () => {
  test.for(Object.entries(WRONG))("%s", async ([, wrong]) => {
    const { code, stdout, stderr } = await keygate(["check"], { project: wrongProject(wrong, "toml") });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    for (const words of [wrong.says, ...(wrong.also ?? [])]) expect(stderr).toContain(words);
    expect(stderr).not.toMatch(/\n\s+at |routes\[\d+\](?! \()/);
  });

  test("so does keygate deploy, without a call", async () => {
    const project = wrongProject(WRONG["a Durable Object class that no migration creates"] as Wrong, "toml");
    const { code, stderr } = await keygate(["deploy", "--dry-run"], { project });
    expect([code, stderr]).toEqual([1, expect.stringContaining('the Durable Object class "Courier"')]);
  });

  test.for([
    ["no route at all", '"routes":[{"pattern":"api.example.com","custom_domain":true},'],
    ["a base URL without a route", '{"pattern":"sandbox.example.com","custom_domain":true}'],
    ["an environment without its bindings", '"env":{"staging":{"d1_databases":[{"binding":"DB"'],
    [
      "a Durable Object class that no migration creates",
      '"migrations":[{"tag":"v2","new_sqlite_classes":["Courier"]}]',
    ],
  ])("with the lines of wrangler.jsonc where that is the file: %s", async ([name = "", lines = ""]) => {
    const { code, stderr } = await keygate(["check"], { project: wrongProject(WRONG[name] as Wrong, "jsonc") });
    expect(code).toBe(1);
    expect(stderr).toContain(lines);
    expect(stderr).not.toContain("wrangler.toml");
  });
});

describe("keygate check accepts", () => {
  test.for<[what: string, right: Omit<Wrong, "says">]>([
    ["this project", {}],
    [
      "a service that the Worker's own code uses",
      { wrangler: (content) => content.services.push({ binding: "MAILER", service: "mailer" }) },
    ],
    [
      "routes with paths",
      { wrangler: (content) => (content.routes[0] = { pattern: "api.example.com/*", zone_name: "example.com" }) },
    ],
    [
      "a plain HTTP origin on purpose",
      {
        config: [
          [
            'production: { service: "DEMO_ORIGIN", shared: true }',
            'production: { url: "http://10.0.0.1", plainHttp: true }',
          ],
        ],
      },
    ],
    [
      "a plain HTTP origin on this machine",
      {
        config: [
          ['production: { service: "DEMO_ORIGIN", shared: true }', 'production: { url: "http://localhost:3000" }'],
        ],
      },
    ],
    [
      "a class that was renamed",
      {
        wrangler: (content) => {
          content.migrations = [
            { tag: "v1", new_sqlite_classes: ["KeyAuthority", "Old"] },
            { tag: "v2", renamed_classes: [{ from: "Old", to: "Courier" }] },
          ];
        },
      },
    ],
    [
      "an object of another Worker",
      {
        wrangler: (content) => content.durable_objects.bindings.push({ name: "X", class_name: "X", script_name: "x" }),
      },
    ],
    [
      "a workers.dev address",
      {
        wrangler: (content) => Object.assign(content, { workers_dev: true, routes: content.routes.slice(0, 2) }),
        config: [
          [
            'control: { baseUrls: ["https://keys.example.com"] }',
            'control: { baseUrls: ["https://keygate.mine.workers.dev"] }',
          ],
        ],
      },
    ],
  ])("%s, in both formats", async ([what, right]) => {
    for (const format of ["toml", "jsonc"] as const) {
      const project = wrongProject({ ...right, says: "" }, format);
      if (what.includes("own code")) {
        writeFileSync(
          join(project, "src/mail.ts"),
          "export const mail = (env: { MAILER: Fetcher }) => env.MAILER.fetch;\n",
        );
      }
      expect(await keygate(["check"], { project })).toMatchObject({ code: 0, stderr: "" });
    }
  });

  test("the bundle of the environment that is named, not that of the top level", { timeout: 120_000 }, async () => {
    const project = wrongProject(
      { wrangler: (content) => (section(content).assets = { ...content.assets, directory: "nowhere" }), says: "" },
      "toml",
    );
    const { code, stderr } = await keygate(["check", "--bundle", "--env", "staging"], { project });
    expect([code, stderr]).toEqual([1, expect.stringContaining("nowhere")]);
  });

  test("one environment alone, with its own configuration", async () => {
    const project = wrongProject({ wrangler: (content) => delete content.routes, says: "" }, "toml");
    const { code, stdout } = await keygate(["check", "--env", "staging"], { project });
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^gateway\.config\.staging\.ts: /)]);
    const unknown = await keygate(["check", "--env", "stagin", "--config", "gateway.config.ts"], { project });
    expect([unknown.code, unknown.stderr]).toEqual([
      1,
      'keygate: wrangler.toml has no [env.stagin]. Did you mean "staging"?\n',
    ]);
  });
});
