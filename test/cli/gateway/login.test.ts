import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { command, ORGANIZATION, startApi, TOKEN, temporaryFolder } from "../helpers.ts";

const ROOT = {
  ...{ kind: "root", actor: "root", via: "root", organization: null, member: null, scopes: null, workspaces: null },
  ...{ environment: null, expires_at: null, manages: { organization: "all", workspace: "all" } },
};

async function prepare(status = 200) {
  const { url, calls } = await startApi(({ path }) => ({
    status,
    body: path === "/v1/whoami" ? ROOT : { data: [ORGANIZATION], next_cursor: null },
  }));
  const env = { XDG_CONFIG_HOME: temporaryFolder() };
  const file = join(env.XDG_CONFIG_HOME, "keygate", "config.json");
  const run = (args: string[], more: { input?: string; env?: Record<string, string> } = {}) =>
    command(args, { ...more, env: { ...env, ...more.env } });
  return { url, calls, file, run };
}

test("login keeps a token that is read from stdin, for later commands, where nobody else can read it", async () => {
  const { url, calls, file, run } = await prepare();
  const login = await run(["login", "--url", url], { input: `${TOKEN}\n` });
  expect(login).toMatchObject({ code: 0, stderr: "" });
  expect(login.stdout).not.toContain(TOKEN);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect((await run(["orgs", "list"])).code).toBe(0);
  expect((await run(["orgs", "list", "--url", url])).code).toBe(0);
  expect(calls.map(({ headers }) => headers.authorization)).toEqual(Array(3).fill(`Bearer ${TOKEN}`));
});

test.each(["", " ", "\n\n"])("login takes no empty token, and asks the gateway nothing: %j", async (input) => {
  const { url, calls, file, run } = await prepare();
  const { code, stderr } = await run(["login", "--url", url], { input });
  expect([code, calls, existsSync(file)]).toEqual([2, [], false]);
  expect(stderr).toContain("No token was given.");
});

test("login keeps no token that the gateway refuses", async () => {
  const { url, file, run } = await prepare(401);
  const { code, stderr } = await run(["login", "--url", url], { input: TOKEN });
  expect([code, existsSync(file)]).toEqual([1, false]);
  expect(stderr).not.toContain(TOKEN);
});

test("login says in words that the profiles cannot be written", async () => {
  const { url, run } = await prepare();
  const place = join(temporaryFolder(), "file");
  writeFileSync(place, "");
  const { code, stderr } = await run(["login", "--url", url], { input: TOKEN, env: { XDG_CONFIG_HOME: place } });
  expect([code, stderr]).toEqual([
    1,
    `keygate: ${join(place, "keygate")} is below a file, but must be below a folder. Fix that, or set XDG_CONFIG_HOME to a folder where you can write.\n`,
  ]);
});

test("a profile is used by its name, and forgotten by logout", async () => {
  const { url, calls, file, run } = await prepare();
  await run(["login", "--url", url, "--profile", "staging"], { input: TOKEN });
  expect((await run(["orgs", "list", "--profile", "staging"])).code).toBe(0);
  expect((await run(["orgs", "list"], { env: { KEYGATE_PROFILE: "staging" } })).code).toBe(0);
  expect(calls).toHaveLength(3);
  expect((await run(["logout", "--profile", "staging"])).stdout).toBe(`Signed out of ${url}.\n`);
  expect(readFileSync(file, "utf8")).not.toContain(TOKEN);
  const after = await run(["orgs", "list", "--profile", "staging"]);
  expect([after.code, after.stderr]).toEqual([1, expect.stringContaining('There is no profile "staging".')]);
});

test("a profile's token goes to its own gateway and to no other", async () => {
  const [first, second] = [await prepare(), await startApi(() => ({ body: ROOT }))];
  await first.run(["login", "--url", first.url], { input: TOKEN });
  const { calls } = second;
  const elsewhere = await first.run(["whoami", "--profile", "default", "--url", second.url]);
  expect(elsewhere.code).toBe(2);
  const local = await first.run(["whoami", "--url", second.url]);
  expect([local.stdout, calls.map(({ headers }) => headers.authorization)]).not.toContain(`Bearer ${TOKEN}`);
});

test("a file of profiles that cannot be read is told, and left as it is", async () => {
  const { url, file, run } = await prepare();
  await run(["login", "--url", url], { input: TOKEN });
  writeFileSync(file, "{");
  const { code, stderr } = await run(["orgs", "list"]);
  expect([code, stderr]).toEqual([1, expect.stringContaining("cannot be read")]);
  expect(readFileSync(file, "utf8")).toBe("{");
});
