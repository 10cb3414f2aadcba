import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { copyOfProject, keygate, startApi, TOKEN } from "./helpers.ts";

const OLD = `p1:${"A".repeat(43)}`;
const P1 = { id: "p1", status: "current", secrets: 1200, secrets_under_it_alone: 1200 };
const env = { KEYGATE_ROOT_TOKEN: TOKEN };

test("pepper add puts a new one in front of the local gateway's, and leaves the rest of .dev.vars as it is", async () => {
  const project = copyOfProject();
  const file = join(project, ".dev.vars");
  writeFileSync(file, `# mine\nKEYGATE_PEPPERS=${OLD}\nOTHER=1\n`);
  const { url } = await startApi(() => ({ body: { data: [P1] } }));
  const add = () => keygate(["pepper", "add", "--url", url], { project, env });
  const { code, stdout } = await add();
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^p2 is in \.dev\.vars, in front\..*pepper retire p1\n$/s)]);
  const text = readFileSync(file, "utf8");
  expect(text).toMatch(new RegExp(`^# mine\nKEYGATE_PEPPERS=p2:[\\w-]{43},${OLD}\nOTHER=1\n$`));
  expect(statSync(file).mode & 0o777).toBe(0o600);

  const third = await add();
  expect([third.code, third.stderr]).toEqual([1, expect.stringContaining("holds two peppers already")]);
  expect(readFileSync(file, "utf8")).toBe(text);
});

test("pepper list shows how many secrets hang on each", async () => {
  const retiring = { id: "p0", status: "retiring", secrets: 7, secrets_under_it_alone: 3 };
  const { url } = await startApi(() => ({ body: { data: [P1, retiring] } }));
  const { stdout } = await keygate(["pepper", "list", "--url", url], { env });
  expect(stdout).toMatch(/^p1 +current +1,200 +all$/m);
  expect(stdout).toMatch(/^p0 +retiring +7 +3$/m);
});

test("pepper retire goes on until nothing is left, and says what to take out of the secret", async () => {
  const { url, calls } = await startApi(() => ({ body: { removed: 500, has_more: calls.length < 3, lost_keys: 0 } }));
  const { code, stdout } = await keygate(["pepper", "retire", "p1", "--url", url], { env });
  expect([code, stdout]).toEqual([0, expect.stringContaining("Removed 1,500 hashes of p1.")]);
  expect(stdout).toContain("take p1:… out of KEYGATE_PEPPERS");
  expect(calls.map(({ path, body }) => [path, body])).toEqual(
    Array(3).fill(["/v1/peppers/p1/retire", { force: false }]),
  );
});

test("pepper retire --force asks first, and is refused where nobody can be asked", async () => {
  const { url, calls } = await startApi(() => ({ body: { removed: 1, has_more: false, lost_keys: 2 } }));
  const args = ["pepper", "retire", "p1", "--force", "--url", url];
  expect(await keygate(args, { env })).toMatchObject({ code: 2, stderr: expect.stringContaining("--yes") });
  expect(calls).toEqual([]);
  expect((await keygate([...args, "--yes"], { env })).stdout).toContain("2 keys will stop working.");
  expect(calls[0]?.body).toEqual({ force: true });
});
