import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { missingForDemo } from "../../../src/cli/dev/demo-needs.ts";
import { freePort } from "../../helpers/gateway.ts";
import { copyOfProject } from "../helpers.ts";
import { folder, type Local, startLocal } from "./processes.ts";

const answer = async ({ port }: Local, path: string) =>
  (await fetch(`http://127.0.0.1:${port}/sandbox${path}`, { signal: AbortSignal.timeout(20_000) })).status;

test("a mistake saved in gateway.config.ts is said plainly, and the gateway keeps the configuration from before", {
  timeout: 180_000,
}, async () => {
  const project = copyOfProject();
  const config = join(project, "gateway.config.ts");
  const good = readFileSync(config, "utf8");
  const local = await startLocal({ project });
  await local.said("Ready on ");
  expect(local.stdout()).toContain(
    `issuers     http://127.0.0.1:${local.port}/production, http://127.0.0.1:${local.port}/sandbox\n`,
  );
  const still = "The gateway still runs with the previous configuration.";

  const save = async (text: string, says: string) => {
    const [before, times] = [local.stderr().length, local.stderr().split(still).length];
    writeFileSync(config, text);
    await expect.poll(() => local.stderr().split(still).length, { timeout: 30_000 }).toBe(times + 1);
    expect(local.stderr().slice(before)).toContain(says);
    expect(local.stderr().slice(before)).not.toMatch(/\n\s+at |\[wrangler|✘/);
    expect(await answer(local, "/status")).toBe(200);
  };
  await save(
    good.replace('resource: "folders",', 'resource: "folder",'),
    'gateway.config.ts cannot be used:\n  routes["/workspaces/:workspace/folders/*"].resource: is not a resource: "folder". Did you mean "folders"?\n',
  );
  await save(good.replace("  routes: [", "  routes: [["), "gateway.config.ts cannot be read:\n  gateway.config.ts:");
  await save(`throw new Error("out of luck");\n${good}`, "gateway.config.ts cannot be read: out of luck\n");
  await save(good.replace('"./src/index.ts"', '"./src/nowhere.ts"'), 'Could not resolve "./src/nowhere.ts"');
  await save("", "gateway.config.ts has no default export.");
  await save(good.replace('service: "DEMO_ORIGIN"', 'service: "OTHER"'), 'does not bind: "OTHER"');

  writeFileSync(config, good.replace('path: "/status"', 'path: "/state"'));
  await local.said("gateway.config.ts has changed: the gateway uses it now.");
  await expect.poll(() => answer(local, "/status"), { timeout: 30_000, interval: 200 }).toBe(401);
  local.child.kill("SIGTERM");
  expect(await local.ended).toBe(0);
});

test("a handler that is added to the entry and then to gateway.config.ts is used at once", {
  timeout: 180_000,
}, async () => {
  const project = copyOfProject();
  const [entry, config] = [join(project, "src", "entry.ts"), join(project, "gateway.config.ts")];
  const local = await startLocal({ project });
  await local.said("Ready on ");
  const handlers = '{ handlers: { app: { fetch: () => new Response("mine", { status: 299 }) } } }';
  const own = readFileSync(entry, "utf8").replace("createGateway(config)", `createGateway(config, ${handlers})`);
  writeFileSync(
    entry,
    own.replace("export default gateway", `console.log("has the handler");\nexport default gateway`),
  );
  await local.said("has the handler");
  const good = readFileSync(config, "utf8");
  const handled = good.replace("  origins: {\n", '  origins: {\n    mine: { handler: "app" },\n');
  writeFileSync(
    config,
    handled.replace('{ path: "/status", origin: "signatures"', '{ path: "/status", origin: "mine"'),
  );
  await expect.poll(() => answer(local, "/status"), { timeout: 30_000, interval: 200 }).toBe(299);
  local.child.kill("SIGTERM");
  expect(await local.ended).toBe(0);
});

test("the demo needs what its data names, and says so before it creates anything", {
  timeout: 120_000,
}, async () => {
  const project = copyOfProject();
  const config = join(project, "gateway.config.ts");
  writeFileSync(config, readFileSync(config, "utf8").replace("    owner: {", "    boss: {"));
  const [port, state] = [await freePort(), folder()];
  const local = await startLocal({ project, port, state, flags: ["--port", String(port), "--state", state] });
  await local.said("Ready on ");
  expect(local.stderr()).toBe(
    "The demo's data needs the role owner, which gateway.config.ts does not have. Starting without the demo; --no-demo skips this message.\n",
  );
  const token = /KEYGATE_ROOT_TOKEN=(\S+)/.exec(readFileSync(join(project, ".dev.vars"), "utf8"))?.[1];
  const response = await fetch(`http://localhost:${local.port}/v1/organizations`, {
    headers: { Authorization: `Bearer ${token}` },
  });
  expect(await response.json()).toMatchObject({ data: [] });
  local.child.kill("SIGTERM");
  await local.ended;
});

test("the demo fits the configuration of this project, and no configuration that lacks a part", async () => {
  const { default: config } = await import("../../../gateway.config.ts");
  expect(missingForDemo(config)).toEqual([]);
  const { sandbox: _, ...environments } = config.environments;
  expect(missingForDemo({ ...config, environments })).toEqual(["the environment sandbox"]);
  expect(missingForDemo({ ...config, plans: {}, bundles: {} })).toEqual([
    "the bundle admin",
    "the bundle read:all",
    "the bundle write:all",
    "the plan free",
  ]);
  expect(missingForDemo({ ...config, keys: { actAs: "organization", required: ["expires_at"] } })).toEqual([
    'keys.actAs "member"',
    "keys without required fields",
  ]);
});
