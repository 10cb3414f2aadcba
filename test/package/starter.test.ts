/** A project that somebody makes with `npm run create`, in an empty folder, with packages installed from their tarballs. */

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MODELS } from "../../create/models.ts";
import { pack } from "../../scripts/pack.ts";
import { before, freePort, PROJECT } from "../helpers/gateway.ts";

const run = promisify(execFile);
const START_DEADLINE_MS = 120_000;
const folder = mkdtempSync(join(tmpdir(), "keygate-starter-"));
const project = (model: string) => join(folder, `${model}-gateway`);
/** Without what npm and vitest tell the scripts of this repository. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(npm_(?!config_)|npm_config_local_prefix|INIT_CWD|VITEST|NODE_(?!EXTRA_))/.test(name),
  ),
);
/** Its bundle is measured, which takes a while: those of the others have less configuration, and are the same beside it. */
const LARGEST = Object.keys(MODELS).reduce((one, other) => (packedBytes(other) > packedBytes(one) ? other : one));
const npm = (model: string, ...args: string[]) => run("npm", args, { cwd: project(model), env });

beforeAll(() => run("npm", ["run", "create", "--", project("minimal"), "--model", "minimal"], { cwd: PROJECT, env }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function packedBytes(model: string): number {
  return gzipSync(readFileSync(join(PROJECT, "examples/models", model, "gateway.config.ts"))).length;
}

/** What a command prints with --json. */
async function keygate(port: number, ...args: string[]): Promise<{ id: string; secret: string }> {
  const flags = ["--url", `http://localhost:${port}`, "--json"];
  const { stdout } = await run("npx", ["--no-install", "keygate", ...args, ...flags], { cwd: project("minimal"), env });
  return JSON.parse(stdout);
}

async function started(port: number): Promise<ChildProcess> {
  const child = spawn("npm", ["start", "--", "--port", String(port)], { cwd: project("minimal"), env, detached: true });
  let output = "";
  const ready = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => {
        output += chunk;
        if (output.includes("Ready on ")) resolve();
      });
    }
  });
  const ended = once(child, "exit").then(() => Promise.reject(new Error(output)));
  await before(START_DEADLINE_MS, "npm start is not ready", [ready, ended]);
  return child;
}

describe("A new project", () => {
  test("starts, and forwards a key's request to its service, with an identity that the service verified", async () => {
    const port = await freePort();
    const child = await started(port);
    try {
      const { id: organization } = await keygate(port, "orgs", "create", "--name", "Acme");
      const person = ["--name", "Olga", "--email", "olga@acme.example", "--role", "owner"];
      const { id: member } = await keygate(port, "members", "create", "--organization", organization, ...person);
      const { id, secret } = await keygate(
        ...([port, "keys", "create", "--organization", organization, "--member", member, "--name", "first"] as const),
        ...["--environment", "production", "--reach", "organization", "--permission", "full-access"],
        ...["--scopes", "items:read"],
      );
      const url = `http://127.0.0.1:${port}/production/items/1`;
      const headers = { Authorization: `Bearer ${secret}` };
      const answer = await fetch(url, { headers });
      expect([answer.status, await answer.json()]).toEqual([
        200,
        { path: "/items/1", key: id, organization, scopes: ["items:read"] },
      ]);
      expect((await fetch(url, { method: "DELETE", headers })).status).toBe(403);
      expect((await fetch(url)).status).toBe(401);
      const style = await fetch(`http://localhost:${port}/console.css`);
      expect([style.status, style.headers.get("Content-Type")]).toEqual([200, expect.stringContaining("css")]);
    } finally {
      const ended = once(child, "exit");
      process.kill(-(child.pid as number), "SIGTERM");
      await ended;
    }
  });

  test("is the same from the packed create-keygate", async () => {
    const [tarball = ""] = pack(folder, ["create"]);
    await run("tar", ["-xzf", tarball, "-C", folder]);
    symlinkSync(join(PROJECT, "node_modules"), join(folder, "package", "node_modules"));
    const made = join(folder, "packed", "minimal-gateway");
    const args = [join(folder, "package", "dist", "main.js"), made, "--model", "minimal", "--no-install"];
    await run(process.execPath, args, { env });
    const files = globSync(["**/*", ".gitignore", ".github/**/*"], { cwd: made, withFileTypes: true })
      .filter((file) => file.isFile())
      .map((file) => join(file.parentPath, file.name).slice(made.length + 1));
    expect(files.length).toBeGreaterThan(12);
    const differing = files.filter(
      (name) => readFileSync(join(made, name), "utf8") !== readFileSync(join(project("minimal"), name), "utf8"),
    );
    // They name where Keygate is installed from.
    expect(differing.sort()).toEqual(["README.md", "package.json"]);
  });

  test("has only what it needs from Keygate", () => {
    const installed = join(project("minimal"), "node_modules");
    const files = globSync("**/*", { cwd: join(installed, "keygate") });
    const code = files.filter((name) => !name.startsWith("examples/") && name !== "gateway.config.ts");
    expect(code.filter((name) => /\.map$|\.tsx?$/.test(name) && !name.endsWith(".d.ts"))).toEqual([]);
    expect(globSync("{jose,hono}", { cwd: installed }).sort()).toEqual(["hono", "jose"]);
    expect(globSync("*", { cwd: join(installed, "keygate-origin") }).sort()).toEqual([
      "LICENSE",
      "README.md",
      "dist",
      "package.json",
    ]);
  });

  test("has the versions that this repository is tested with", () => {
    const { devDependencies } = JSON.parse(readFileSync(join(PROJECT, "package.json"), "utf8"));
    const made = JSON.parse(readFileSync(join(project("minimal"), "package.json"), "utf8"));
    expect(devDependencies).toMatchObject(made.devDependencies);
  });
});

describe.for(Object.keys(MODELS))("A project of the model %s", (model) => {
  beforeAll(async () => {
    if (model === "minimal") return;
    await run(process.execPath, ["create/main.ts", project(model), "--model", model, "--no-install"], { cwd: PROJECT });
    symlinkSync(join(project("minimal"), "node_modules"), join(project(model), "node_modules"));
  });

  test("passes its own check, with the types of the packages", async () => {
    const npx = (...args: string[]) => run("npx", ["--no-install", ...args], { cwd: project(model), env });
    if (model === LARGEST) {
      expect((await npm(model, "run", "check")).stdout).toMatch(/^gateway\.config\.ts: .*^bundle: /ms);
    } else {
      await npx("tsc");
      expect((await npx("keygate", "check")).stdout).toContain("gateway.config.ts: ");
    }
    const { stdout } = await npx("keygate", "deploy", "--env", "staging", "--dry-run");
    expect(stdout).toContain("Nothing was deployed");
  });

  test("passes its own test, which says what a key may not do", async () => {
    expect((await npm(model, "test")).stdout).toMatch(/Tests .*2 passed/);
  });
});

describe("A project whose API is a Hono app in the same Worker", () => {
  const entry = (lines: string[]) =>
    [
      'import { Hono } from "hono";',
      'import { createGateway, type Env } from "keygate/worker";',
      'import config from "../gateway.config.ts";',
      ...lines,
      "export const { KeyAuthority, Courier } = gateway;",
      "",
    ].join("\n");
  const WAYS = {
    protected: entry([
      "const gateway = createGateway(config);",
      "const app = new Hono<{ Bindings: Env }>()",
      '  .use("/v1/items", gateway.protect({ resource: "items" }))',
      '  .all("/v1/items", (c) => c.json({ key: c.var.keygate.keyId }));',
      'export default app.route("/", gateway);',
    ]),
    handled: entry([
      'const app = new Hono().all("/items", (c) => c.json({ key: c.req.header("Keygate-Key-Id") }));',
      "const gateway = createGateway(config, { handlers: { app } });",
      "export default gateway;",
    ]),
  };

  test.for(Object.entries(WAYS))("has keys, scopes and limits: %s", async ([way, index]) => {
    await run(process.execPath, ["create/main.ts", project(way), "--model", "minimal", "--no-install"], {
      cwd: PROJECT,
    });
    symlinkSync(join(project("minimal"), "node_modules"), join(project(way), "node_modules"));
    writeFileSync(join(project(way), "src", "index.ts"), index);
    const config = join(project(way), "gateway.config.ts");
    const text = readFileSync(config, "utf8");
    const origin = { protected: '{ url: "https://unused.invalid" }', handled: '{ handler: "app" }' }[way] as string;
    writeFileSync(config, text.replace('{ service: "ORIGIN" }', origin));
    await run("npx", ["--no-install", "tsc"], { cwd: project(way), env });
    expect((await npm(way, "test")).stdout).toMatch(/Tests .*2 passed/);
  });
});
