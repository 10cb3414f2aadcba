import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
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

test("pepper add and use print for a deployed gateway what to set, whole where the value of now is given", async () => {
  const deployed = ["--url", "https://keys.example.invalid"];
  const given = { ...env, KEYGATE_PEPPERS: `${OLD},p2:${"B".repeat(43)}` };
  const whole = await command(["pepper", "use", "p2", ...deployed], { env: given });
  expect(whole.code).toBe(0);
  expect(whole.stdout).toContain(`p2:${"B".repeat(43)},${OLD}`);
  expect(whole.stdout).toContain("npx wrangler secret put KEYGATE_PEPPERS");
  const partly = await command(["pepper", "use", "p2", ...deployed], { env });
  expect(partly.stdout).toContain("p2:…");
});

describe("the commands that pepper prints are for the same gateway and environment", () => {
  const { url } = { url: "https://keys.staging.example.invalid" };
  const given = { ...env, KEYGATE_PEPPERS: `${OLD},p2:${"B".repeat(43)}` };

  test("with --env", async () => {
    const args = ["pepper", "use", "p2", "--url", url, "--env", "staging"];
    const { code, stdout } = await command(args, { env: given });
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
    const { stdout } = await command(["pepper", "use", "p2", "--url", url], { env: given });
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
