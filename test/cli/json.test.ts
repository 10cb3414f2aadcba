import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { newSigningKeys } from "../../src/cli/operate/new-signing-keys.ts";
import { program } from "../../src/cli/program.ts";
import { copyOfProject, KEY, keygate, ORGANIZATION, SECRET, startApi, TOKEN, temporaryFolder } from "./helpers.ts";
import { startCloudflareApi } from "./operate/cloudflare.ts";
import { leavesOf, validCall } from "./walk.ts";

/** Whatever is asked, with what commands look for in it. */
const ANSWER = { ...ORGANIZATION, data: [], next_cursor: null, removed: 1, has_more: false, lost_keys: 0 };

/** Words that a call needs beside its required options and arguments. */
const MORE: Record<string, string[]> = {
  "keys revoke": [KEY.id],
  deploy: ["--dry-run"],
  import: ["--reach", "organization", "--permission", "read-only", "--scopes", "read:all"],
};

/** They read stdin, or change files of the project. */
const AS_PROCESSES = ["login", "logout", "pepper add", "pepper use"];

/** An endless log has no JSON form. */
const NEVER = ["dev"];

describe.each(leavesOf(program).map((leaf) => [leaf.path.join(" "), leaf] as const))(
  "keygate %s --json",
  (name, leaf) => {
    test("prints JSON and nothing else", async () => {
      const folder = temporaryFolder();
      const file = join(folder, "keys.csv");
      writeFileSync(file, `sha256,name\n${"0".repeat(64)},One\n`);
      const { url } = await startApi(() => ({ body: ANSWER }));
      const profiles = { default: { url, token: TOKEN } };
      mkdirSync(join(folder, "keygate"));
      writeFileSync(join(folder, "keygate", "config.json"), JSON.stringify({ profiles }));
      const args = [...validCall(leaf, { file, id: idFor(name), to: `${file}.new` }), ...(MORE[name] ?? []), "--json"];
      if (NEVER.includes(name)) {
        const { code, stdout, stderr } = await keygate(args);
        expect([code, stdout, stderr]).toEqual([2, "", expect.stringContaining("Remove --json.")]);
        return;
      }
      if (name === "migrate")
        for (const [key, value] of Object.entries((await startCloudflareApi()).env)) vi.stubEnv(key, value);
      const run = AS_PROCESSES.includes(name) ? outputOfProcess : outputOf;
      const stdout = await run(args, folder);
      expect(JSON.parse(stdout), stdout).toBeTypeOf("object");
    });
  },
);

function idFor(name: string): string {
  const [group] = name.split(" ");
  const prefix =
    { orgs: "org", workspaces: "ws", members: "mem", changes: "chg", requests: "req" }[group as string] ?? "key";
  return group === "pepper" ? "p1" : `${prefix}_${KEY.id.slice(4)}`;
}

async function outputOf(args: string[], folder: string): Promise<string> {
  const written: string[] = [];
  onTestFinished(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });
  vi.spyOn(console, "log").mockImplementation((text) => void written.push(`${text}\n`));
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  vi.spyOn(process.stdout, "write").mockImplementation((text) => written.push(String(text)) > 0);
  vi.stubEnv("XDG_CONFIG_HOME", folder);
  vi.stubEnv("KEYGATE_KEY", SECRET);
  vi.stubEnv("KEYGATE_SIGNING_KEYS", JSON.stringify(newSigningKeys(["sandbox"])));
  await program.parseAsync(args, { from: "user" });
  vi.restoreAllMocks();
  return written.join("");
}

async function outputOfProcess(args: string[], folder: string): Promise<string> {
  const project = copyOfProject();
  writeFileSync(join(project, ".dev.vars"), `KEYGATE_PEPPERS=p1:abc\nKEYGATE_ROOT_TOKEN=${TOKEN}\n`);
  const { code, stdout } = await keygate(args, { project, input: TOKEN, env: { XDG_CONFIG_HOME: folder } });
  expect(code).toBe(0);
  return stdout;
}

test("signing-keys with --to names the file that has the new value", async () => {
  const file = join(temporaryFolder(), "signing-keys.json");
  const { stdout } = await keygate(["signing-keys", "init", "--to", file, "--json"]);
  expect(JSON.parse(stdout)).toEqual({ file });
});

test("check names what it counted, and logout what it deleted", async () => {
  const folder = temporaryFolder();
  const { stdout } = await keygate(["check", "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({ environments: 2, hints: [], bundle: null });
  const profiles = { default: { url: "https://a.test", token: "t" }, staging: { url: "https://b.test", token: "t" } };
  mkdirSync(join(folder, "keygate"));
  writeFileSync(join(folder, "keygate", "config.json"), JSON.stringify({ profiles }));
  const out = await keygate(["logout", "--all", "--json"], { env: { XDG_CONFIG_HOME: folder } });
  expect(JSON.parse(out.stdout)).toEqual({
    signed_out: [
      { profile: "default", url: "https://a.test" },
      { profile: "staging", url: "https://b.test" },
    ],
  });
});
