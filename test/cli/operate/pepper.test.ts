import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { startDeployed } from "../deployed.ts";
import { command, copyOfProject, keygate, startApi, TOKEN, temporaryFolder } from "../helpers.ts";

const OLD = `p1:${"A".repeat(43)}`;
const P1 = { id: "p1", status: "current", secrets: 1200, secrets_under_it_alone: 1200 };
const env = { KEYGATE_ROOT_TOKEN: TOKEN };

const isP2 = `p2:[\\w-]{43}`;

test("pepper add and use put a new one behind the local gateway's, and then in front, and leave the rest of .dev.vars as it is", async () => {
  const project = copyOfProject();
  const file = join(project, ".dev.vars");
  writeFileSync(file, `# mine\nKEYGATE_PEPPERS=${OLD}\nOTHER=1\n`);
  const { url } = await startApi(() => ({ body: { data: [P1] } }));
  const run = (...args: string[]) => keygate(["pepper", ...args, "--url", url], { project, env });
  const vars = () => readFileSync(file, "utf8");
  const added = await run("add");
  expect([added.code, added.stdout]).toEqual([
    0,
    expect.stringMatching(/^\.dev\.vars now has p1, then p2\..*pepper use p2 --url http:\S+\n$/s),
  ]);
  expect(vars()).toMatch(new RegExp(`^# mine\nKEYGATE_PEPPERS=${OLD},${isP2}\nOTHER=1\n$`));
  expect(statSync(file).mode & 0o777).toBe(0o600);

  const before = vars();
  expect(await run("add")).toMatchObject({ code: 1, stderr: expect.stringContaining("already holds two peppers") });
  expect(await run("use", "p3")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("has no p3. It has: p1, p2"),
  });
  expect(vars()).toBe(before);

  const used = await run("use", "p2");
  expect([used.code, used.stdout]).toEqual([
    0,
    expect.stringMatching(/^\.dev\.vars now has p2, then p1\..*pepper retire p1 --url http:\S+\n$/s),
  ]);
  expect(vars()).toMatch(new RegExp(`^# mine\nKEYGATE_PEPPERS=${isP2},${OLD}\nOTHER=1\n$`));
});

const P2 = { ...P1, id: "p2", status: "retiring", secrets: 0, secrets_under_it_alone: 0 };
const NEW = `p2:${"B".repeat(43)}`;
/** The values of a shell. */
const with1 = { KEYGATE_PEPPERS: OLD };
const with2 = { KEYGATE_PEPPERS: NEW };
const withBoth = { KEYGATE_PEPPERS: `${OLD},${NEW}` };

/** `keygate pepper` for a deployed gateway with these peppers. */
async function deployedWith(peppers: object[]) {
  const { url, env } = await startDeployed({ data: peppers });
  return {
    url,
    run: (args: string[], more: Record<string, string> = {}) =>
      keygate(["pepper", ...args, "--url", url], { env: { ...env, ...more } }),
  };
}

test("pepper add and use print for a deployed gateway what to set, whole where the value of now is given", async () => {
  const first = await deployedWith([P1, { ...P2, id: "p0", status: "inactive" }]);
  const added = await first.run(["add"], with1);
  expect([added.code, added.stdout]).toEqual([0, expect.stringMatching(new RegExp(`${OLD},${isP2}\n`))]);
  const { run } = await deployedWith([P1, P2]);
  const whole = await run(["use", "p2"], withBoth);
  expect(whole.code).toBe(0);
  expect(whole.stdout).toContain(`${NEW},${OLD}`);
  expect(whole.stdout).toContain("npx wrangler secret put KEYGATE_PEPPERS");
  const partly = await run(["use", "p2"]);
  expect(partly.stdout).toContain("p2:…");
});

test.each<[what: string, args: string[], peppers: object[], env: Record<string, string>, says: string]>([
  ["one that was replaced", ["add"], [{ ...P2, status: "current" }], with1, "has p1, but the gateway has p2."],
  ["one more than is deployed", ["add"], [P1], withBoth, "has p1, p2, but the gateway has p1."],
  ["one of two", ["use", "p2"], [P1, P2], with2, "has p2, but the gateway has p1, p2."],
  ["one more than is deployed", ["use", "p2"], [P1], withBoth, "has p1, p2, but the gateway has p1."],
  ["none, and the gateway does not have it", ["use", "p2"], [P1], {}, "The gateway has no p2. It has: p1."],
])("where the shell has %s, pepper %j prints no value for a deployed gateway", async (_, args, peppers, env, says) => {
  const { run } = await deployedWith(peppers);
  const { code, stdout, stderr } = await run(args, env);
  expect([code, stdout, stderr]).toEqual([1, "", expect.stringContaining(says)]);
});

describe("the commands that pepper prints are for the same gateway and environment", () => {
  test("with --env", async () => {
    const { run, url } = await deployedWith([P1, P2]);
    const { code, stdout } = await run(["use", "p2", "--env", "staging"], withBoth);
    expect(code).toBe(0);
    expect(stdout.match(/npx .*/g)).toEqual([
      "npx wrangler secret put KEYGATE_PEPPERS --env staging",
      `npx --no-install keygate pepper list --url ${url}`,
      `npx --no-install keygate pepper keys p1 --url ${url}`,
      `npx --no-install keygate pepper retire p1 --env staging --url ${url}`,
    ]);
    expect(stdout).not.toContain("top level");
  });

  test("with a profile", async () => {
    const { url: local } = await startApi(() => ({ body: { data: [P1] } }));
    const folder = temporaryFolder();
    mkdirSync(join(folder, "keygate"));
    const profiles = { staging: { url: local, token: TOKEN } };
    writeFileSync(join(folder, "keygate", "config.json"), JSON.stringify({ profiles }));
    const project = copyOfProject();
    writeFileSync(join(project, ".dev.vars"), `KEYGATE_PEPPERS=${OLD}\n`);
    const args = ["pepper", "add", "--profile", "staging", "--env", "staging"];
    const { stdout } = await keygate(args, { project, env: { XDG_CONFIG_HOME: folder } });
    expect(stdout).toContain("pepper use p2 --env staging --profile staging\n");
  });

  test("without an environment, it says that wrangler's is for the top level of wrangler.toml", async () => {
    const { run } = await deployedWith([P1, P2]);
    const { stdout } = await run(["use", "p2"], withBoth);
    expect(stdout).toContain("npx wrangler secret put KEYGATE_PEPPERS\n");
    expect(stdout).toContain("This is for the top level of wrangler.toml. For another deployment, add --env staging.");
  });
});

test("pepper add makes no third where the gateway has two, and pepper use chooses none that is not there", async () => {
  const project = copyOfProject();
  const retiring = { ...P1, id: "p0", status: "retiring" };
  const { url } = await startApi(() => ({ body: { data: [P1, retiring] } }));
  const run = (...args: string[]) => keygate(["pepper", ...args, "--url", url], { project, env });
  expect(await run("add")).toMatchObject({ code: 1, stderr: expect.stringContaining("already holds two peppers") });
  expect(await run("use", "p2")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("has no p2. It has: nothing"),
  });
});

test("pepper keys follows the list of those that would stop working to its end", async () => {
  const { url, calls } = await startApi(({ path }) => {
    const more = path.includes("cursor=next");
    const key = { id: more ? "key_2" : "key_1", organization_id: "org_1", name: "ci", last_used_at: null };
    return { body: { data: [key], next_cursor: more ? null : "next" } };
  });
  const { code, stdout } = await command(["pepper", "keys", "p1", "--url", url], { env });
  expect([code, calls.map(({ path }) => path.split("?")[0])]).toEqual([0, Array(2).fill("/v1/peppers/p1/keys")]);
  expect(stdout).toMatch(/^ci +key_1 +org_1 +never$/m);
  expect(stdout).toMatch(/^ci +key_2 /m);
});

test("pepper list shows how many secrets hang on each", async () => {
  const retiring = { id: "p0", status: "retiring", secrets: 7, secrets_under_it_alone: 3 };
  const { url } = await startApi(() => ({ body: { data: [P1, retiring] } }));
  const { stdout } = await command(["pepper", "list", "--url", url], { env });
  expect(stdout).toMatch(/^p1 +current +1,200 +all$/m);
  expect(stdout).toMatch(/^p0 +retiring +7 +3$/m);
});

test("pepper retire goes on until nothing is left, and says what to take out of the secret", async () => {
  const { url, calls } = await startApi(() => ({ body: { removed: 500, has_more: calls.length < 3, lost_keys: 0 } }));
  const { code, stdout } = await command(["pepper", "retire", "p1", "--url", url], { env });
  expect([code, stdout]).toEqual([0, expect.stringContaining("Removed 1,500 hashes of p1.")]);
  expect(stdout).toContain("remove p1:… from KEYGATE_PEPPERS");
  expect(calls.map(({ path, body }) => [path, body])).toEqual(
    Array(3).fill(["/v1/peppers/p1/retire", { force: false }]),
  );
});

test("pepper retire --force asks first, and is refused where nobody can be asked", async () => {
  const { url, calls } = await startApi(() => ({ body: { removed: 1, has_more: false, lost_keys: 2 } }));
  const args = ["pepper", "retire", "p1", "--force", "--url", url];
  expect(await command(args, { env })).toMatchObject({ code: 2, stderr: expect.stringContaining("--yes") });
  expect(calls).toEqual([]);
  expect((await command([...args, "--yes"], { env })).stdout).toContain("2 keys will stop working.");
  expect(calls[0]?.body).toEqual({ force: true });
});
