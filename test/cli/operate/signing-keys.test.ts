import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { readDevVars } from "../../../src/cli/dev/vars.ts";
import { parseSigningKeys, type SigningKeys } from "../../../src/domain/signing-keys.ts";
import { copyOfProject, keygate, temporaryFolder } from "../helpers.ts";

const states = (keys: SigningKeys, environment: string) => keys[environment]?.map(({ state }) => state);
const kids = (keys: SigningKeys, environment: string) => keys[environment]?.map(({ kid }) => kid) ?? [];

describe("keygate signing-keys", () => {
  let file: string;
  let keys: SigningKeys;
  beforeEach(async () => {
    const { code, stdout, stderr } = await keygate(["signing-keys", "init"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    keys = parseSigningKeys(stdout);
    file = join(temporaryFolder(), "signing-keys.json");
    writeFileSync(file, stdout);
  });

  /** The value that a command prints. */
  async function changed(...args: string[]): Promise<SigningKeys> {
    const { code, stdout, stderr } = await keygate(["signing-keys", ...args, "--from", file]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
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

  test.for(["for people", "--json"])("list shows names and states, and no private part: %s", async (form) => {
    const flags = form === "--json" ? [form] : [];
    const { code, stdout } = await keygate(["signing-keys", "list", "--from", file, ...flags]);
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
    const set = await keygate(["signing-keys", "rotate"], { env: { KEYGATE_SIGNING_KEYS: input } });
    expect(states(parseSigningKeys(set.stdout), "production")).toEqual(["retired", "active", "next"]);
  });

  test("changes .dev.vars in place, for the local gateway, and prints no key", async () => {
    const project = copyOfProject();
    const vars = join(project, ".dev.vars");
    writeFileSync(vars, `# mine\nKEYGATE_SIGNING_KEYS='${JSON.stringify(keys)}'\nOTHER=1\n`);
    const { code, stdout } = await keygate(["signing-keys", "rotate"], { project });
    expect(code).toBe(0);
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
    const { code, stdout, stderr } = await keygate(["signing-keys", ...args, ...from]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(says);
  });

  test("refuses a value that is none, and repeats nothing of it", async () => {
    const { code, stderr } = await keygate(["signing-keys", "list", "--from", "-"], { input: "canary" });
    expect(code).toBe(1);
    expect(stderr).toMatch(/KEYGATE_SIGNING_KEYS is no JSON object/);
    expect(stderr).not.toContain("canary");
  });
});
