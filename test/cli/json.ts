/** Each command with --json, once. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { newSigningKeys } from "../../src/cli/operate/new-signing-keys.ts";
import { program } from "../../src/cli/program.ts";
import { copyOfProject, KEY, keygate, ORGANIZATION, SECRET, startApi, TOKEN, temporaryFolder } from "./helpers.ts";
import { startCloudflareApi } from "./operate/cloudflare.ts";
import { type Leaf, leavesOf, validCall } from "./walk.ts";

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

/** They run wrangler, which takes seconds: a file of the slow ones tests them. */
const SLOW = ["migrate", "deploy"];

/** An endless log has no JSON form. */
const NEVER = ["dev"];

/** Commands of which each prints JSON and nothing else: those that run wrangler, or all others. */
export function testEach(which: "slow" | "quick", timeout: number): void {
  const leaves = leavesOf(program).filter(({ path }) => SLOW.includes(path.join(" ")) === (which === "slow"));
  describe.each(leaves.map((leaf) => [leaf.path.join(" "), leaf] as const))("keygate %s --json", (name, leaf) => {
    test("prints JSON and nothing else", { timeout }, () => printsJson(name, leaf));
  });
}

async function printsJson(name: string, leaf: Leaf): Promise<void> {
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
}

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
