import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { readDevVars } from "../../../src/cli/dev/vars.ts";
import { parseSigningKeys, type SigningKeys } from "../../../src/domain/signing-keys.ts";
import { command, copyOfProject, keygate, PROJECT, temporaryFolder } from "../helpers.ts";

const states = (keys: SigningKeys, environment: string) => keys[environment]?.map(({ state }) => state);
const kids = (keys: SigningKeys, environment: string) => keys[environment]?.map(({ kid }) => kid) ?? [];

const modeOf = (path: string) => statSync(path).mode & 0o777;

describe("keygate signing-keys", () => {
  let file: string;
  let keys: SigningKeys;
  beforeEach(async () => {
    const { code, stdout, stderr } = await command(["signing-keys", "init"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    keys = parseSigningKeys(stdout);
    file = join(temporaryFolder(), "signing-keys.json");
    writeFileSync(file, stdout);
  });

  /** The value that a command prints. */
  async function changed(...args: string[]): Promise<SigningKeys> {
    const { code, stdout, stderr } = await command(["signing-keys", ...args, "--from", file]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: `The new value, from ${file}:\n` });
    writeFileSync(file, stdout);
    return parseSigningKeys(stdout);
  }

  test("init prints a value with a key and the next one for each environment of the configuration", () => {
    expect(Object.keys(keys)).toEqual(["production", "sandbox"]);
    for (const name of Object.keys(keys)) expect(states(keys, name)).toEqual(["active", "next"]);
  });

  test("rotate lets the next key sign, keeps the old one, and adds another; retire takes the old one out", async () => {
    const [old, next] = kids(keys, "production");
    const rotated = await changed("rotate");
    expect(states(rotated, "production")).toEqual(["retired", "active", "next"]);
    expect(kids(rotated, "production").slice(0, 2)).toEqual([old, next]);
    const retired = await changed("retire");
    expect(states(retired, "sandbox")).toEqual(["active", "next"]);
    expect(kids(retired, "production")[0]).toBe(next);
  });

  test("rotate of one environment leaves the others as they are", async () => {
    const rotated = await changed("rotate", "--environment", "sandbox");
    expect(states(rotated, "sandbox")).toEqual(["retired", "active", "next"]);
    expect(rotated.production).toEqual(keys.production);
  });

  test("retire of the key that signs lets the next one sign, at once", async () => {
    const [old, next] = kids(keys, "production") as [string, string];
    const left = await changed("retire", old);
    expect(states(left, "production")).toEqual(["active", "next"]);
    expect(kids(left, "production")[0]).toBe(next);
    expect(left.sandbox).toEqual(keys.sandbox);
  });

  test("retire of a key of another environment than the one that is named removes none", async () => {
    const [kid = ""] = kids(keys, "production");
    const { code, stdout, stderr } = await command([
      ...["signing-keys", "retire", kid, "--environment", "sandbox", "--from", file],
    ]);
    expect([code, stdout, stderr]).toEqual([
      1,
      "",
      expect.stringContaining(`There is no signing key ${kid} in sandbox.`),
    ]);
    const left = await changed("retire", kid, "--environment", "production");
    expect(kids(left, "production")).not.toContain(kid);
    expect(left.sandbox).toEqual(keys.sandbox);
  });

  test.for(["for people", "--json"])("list shows names and states, and no private part: %s", async (form) => {
    const flags = form === "--json" ? [form] : [];
    const { code, stdout } = await command(["signing-keys", "list", "--from", file, ...flags]);
    expect(code).toBe(0);
    for (const { kid, d, x } of Object.values(keys).flat()) {
      expect(stdout).toContain(kid);
      expect(stdout).not.toContain(d);
      expect(stdout).not.toContain(x);
    }
  });

  test("reads the value from stdin, or from the environment", async () => {
    const input = readFileSync(file, "utf8");
    const piped = await keygate(["signing-keys", "rotate", "--from", "-"], { input });
    expect(states(parseSigningKeys(piped.stdout), "production")).toEqual(["retired", "active", "next"]);
    expect(piped.stderr).toBe("The new value, from stdin:\n");
    const set = await command(["signing-keys", "rotate"], { env: { KEYGATE_SIGNING_KEYS: input } });
    expect(states(parseSigningKeys(set.stdout), "production")).toEqual(["retired", "active", "next"]);
    expect(set.stderr).toBe("The new value, from $KEYGATE_SIGNING_KEYS:\n");
  });

  describe("with --to", () => {
    test("writes a file that only its owner can read, in place of the one it was read from", async () => {
      const to = join(temporaryFolder(), "kept.json");
      const made = await command(["signing-keys", "init", "--to", to]);
      expect([made.code, made.stdout]).toEqual([
        0,
        expect.stringContaining(`wrangler secret put KEYGATE_SIGNING_KEYS < ${to}`),
      ]);
      expect(modeOf(to)).toBe(0o600);
      const before = readFileSync(to, "utf8");
      for (const { d } of Object.values(parseSigningKeys(before)).flat()) expect(made.stdout).not.toContain(d);
      chmodSync(to, 0o644);
      expect((await command(["signing-keys", "rotate", "--from", to, "--to", to])).code).toBe(0);
      expect(states(parseSigningKeys(readFileSync(to, "utf8")), "sandbox")).toEqual(["retired", "active", "next"]);
      expect(modeOf(to)).toBe(0o600);
      expect(readdirSync(join(to, ".."))).toEqual(["kept.json"]);
    });

    test.each([
      [["init", "--config", "gateway.config.staging.ts"]],
      [["init", "--env", "staging"]],
      [["rotate", "--env", "staging"]],
      [["retire", "--env", "staging"]],
    ])("%j prints the command that sets it in that environment of wrangler.toml", async (args) => {
      const to = join(temporaryFolder(), "kept.json");
      const from = args[0] === "init" ? [] : ["--from", file];
      const { code, stdout } = await command(["signing-keys", ...args, ...from, "--to", to]);
      expect(code).toBe(0);
      expect(stdout).toContain(`npx wrangler secret put KEYGATE_SIGNING_KEYS --env staging < ${to}\n`);
      expect(stdout).not.toContain("top level");
    });

    test.each([[["init"]], [["rotate"]], [["retire"]]])(
      "%j without an environment says that its command is for the top level of wrangler.toml",
      async (args) => {
        const to = join(temporaryFolder(), "kept.json");
        const from = args[0] === "init" ? [] : ["--from", file];
        const { stdout } = await command(["signing-keys", ...args, ...from, "--to", to]);
        expect(stdout).toContain(`npx wrangler secret put KEYGATE_SIGNING_KEYS < ${to}\n`);
        expect(stdout).toContain(
          "This is for the top level of wrangler.toml. For another deployment, add --env staging.",
        );
        if (args[0] !== "init") expect(stdout).toContain(`${to} has the new value, from ${file}. Set it:`);
      },
    );

    test("replaces no other file", async () => {
      const { code, stderr } = await command(["signing-keys", "init", "--to", file]);
      expect([code, stderr]).toEqual([1, `keygate: ${file} already exists. Name another file, or move it away.\n`]);
      expect(parseSigningKeys(readFileSync(file, "utf8"))).toEqual(keys);
    });

    test("writes no file that git would commit", async () => {
      const repository = temporaryFolder();
      const to = join(repository, "keys.json");
      execFileSync("git", ["init", "-q", repository]);
      const { code, stderr } = await command(["signing-keys", "init", "--to", to]);
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(/git would commit .*keys\.json.* Add keys\.json to \.gitignore/),
      ]);
      expect(existsSync(to)).toBe(false);
      writeFileSync(join(repository, ".gitignore"), "keys.json\n");
      expect((await command(["signing-keys", "init", "--to", to])).code).toBe(0);
    });
  });

  test("the commands of the docs leave no file that others can read or git would commit", {
    timeout: 60_000,
  }, async () => {
    const project = copyOfProject();
    cpSync(join(PROJECT, ".gitignore"), join(project, ".gitignore"));
    execFileSync("git", ["init", "-q", project]);
    const before = new Set(readdirSync(project));
    for (const [page, file] of [
      ["README.md", "secrets.production.json"],
      ["docs/origins.md", "signing-keys.json"],
    ] as const) {
      const commands = [
        ...readFileSync(join(PROJECT, page), "utf8").matchAll(
          /^ *npx --no-install keygate ((?:secrets|signing-keys) .*)$/gm,
        ),
      ];
      expect(commands.length).toBeGreaterThan(0);
      for (const [, command = ""] of commands) {
        const args = command.replace(/ #.*/, "").trim();
        expect(args).not.toMatch(/[>|]/);
        const { code, stderr } = await keygate(args.split(" "), { project });
        expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: "" });
      }
      const made = readdirSync(project).filter((name) => !before.has(name));
      expect(made.map((name) => [name, modeOf(join(project, name))])).toEqual([[file, 0o600]]);
      const untracked = execFileSync("git", ["status", "--porcelain", "-uall"], { cwd: project, encoding: "utf8" });
      expect(untracked).not.toContain(file);
      rmSync(join(project, file));
    }
  });

  test("changes .dev.vars in place, for the local gateway, and prints no key", async () => {
    const project = copyOfProject();
    const vars = join(project, ".dev.vars");
    writeFileSync(vars, `# mine\nKEYGATE_SIGNING_KEYS='${JSON.stringify(keys)}'\nOTHER=1\n`);
    const refused = await keygate(["signing-keys", "rotate", "--env", "staging"], { project });
    expect([refused.code, refused.stdout, refused.stderr]).toEqual([
      2,
      "",
      expect.stringContaining("Add --to and a file."),
    ]);
    expect(parseSigningKeys(readDevVars(vars).KEYGATE_SIGNING_KEYS ?? "")).toEqual(keys);
    const { code, stdout } = await keygate(["signing-keys", "rotate"], { project });
    expect([code, stdout]).toEqual([0, expect.stringContaining("Changed in .dev.vars.")]);
    const { KEYGATE_SIGNING_KEYS, OTHER } = readDevVars(vars);
    const rotated = parseSigningKeys(KEYGATE_SIGNING_KEYS ?? "");
    expect(states(rotated, "sandbox")).toEqual(["retired", "active", "next"]);
    expect(OTHER).toBe("1");
    for (const { d } of Object.values(rotated).flat()) expect(stdout).not.toContain(d);
  });

  test.for<[what: string, args: string[], says: RegExp]>([
    ["a file that is not there", ["rotate", "--from", "/nowhere/keys.json"], /cannot be read/],
    ["an unknown key", ["retire", "no-such-key"], /There is no signing key no-such-key/],
    ["an unknown environment", ["rotate", "--environment", "moon"], /There are no signing keys for moon/],
  ])("refuses %s in words, and prints no value", async ([, args, says]) => {
    const from = args.includes("--from") ? [] : ["--from", file];
    const { code, stdout, stderr } = await command(["signing-keys", ...args, ...from]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(says);
    if (args[0] === "retire") expect(stderr).toContain(`keygate signing-keys list --from ${file}\n`);
  });

  test("refuses a value that is none, and repeats nothing of it", async () => {
    const { code, stderr } = await keygate(["signing-keys", "list", "--from", "-"], { input: "canary" });
    expect(code).toBe(1);
    expect(stderr).toMatch(/KEYGATE_SIGNING_KEYS is not a JSON object/);
    expect(stderr).not.toContain("canary");
  });
});
