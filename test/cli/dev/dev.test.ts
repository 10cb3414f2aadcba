import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { ensureDevVars, readDevVars } from "../../../src/cli/dev/vars.ts";
import { newSigningKeys } from "../../../src/cli/operate/new-signing-keys.ts";
import { parseSigningKeys } from "../../../src/domain/signing-keys.ts";
import { freePort } from "../../helpers/gateway.ts";
import { command, copyOfProject, keygate, temporaryFolder } from "../helpers.ts";

const ENVIRONMENTS = ["production", "sandbox"];

describe(".dev.vars", () => {
  let file: string;
  beforeEach(() => {
    file = join(temporaryFolder(), ".dev.vars");
  });

  test("is made with a pepper and two tokens of 32 random bytes each and with signing keys, for its owner's eyes only", () => {
    expect(ensureDevVars(file, ENVIRONMENTS)).toBe(true);
    expect(readDevVars(file)).toEqual({
      KEYGATE_PEPPERS: expect.stringMatching(/^p1:[\w-]{43}$/),
      KEYGATE_ROOT_TOKEN: expect.stringMatching(/^kgr_[\w-]{43}$/),
      KEYGATE_METRICS_TOKEN: expect.stringMatching(/^kgm_[\w-]{43}$/),
      KEYGATE_SIGNING_KEYS: expect.stringMatching(/^\{"production":/),
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test("is not made where git would commit it", () => {
    execFileSync("git", ["init", "-q", dirname(file)]);
    expect(() => ensureDevVars(file, ENVIRONMENTS)).toThrow(/git would commit .*\.dev\.vars/);
    writeFileSync(join(dirname(file), ".gitignore"), ".dev.vars\n");
    expect(ensureDevVars(file, ENVIRONMENTS)).toBe(true);
  });

  test("is not the same twice", () => {
    ensureDevVars(file, ENVIRONMENTS);
    const first = readFileSync(file, "utf8");
    rmSync(file);
    ensureDevVars(file, ENVIRONMENTS);
    expect(readFileSync(file, "utf8")).not.toBe(first);
  });

  const PEPPERS = `p7:${"A".repeat(43)},p6:${"B".repeat(43)}`;
  const ROOT = `kgr_${"c".repeat(43)}`;
  const MINE = `# mine\nKEYGATE_PEPPERS="${PEPPERS}"\nexport KEYGATE_ROOT_TOKEN='${ROOT}'\nOTHER=1\n`;

  test("is never written once it is complete", () => {
    ensureDevVars(file, ENVIRONMENTS);
    const keys = readDevVars(file).KEYGATE_SIGNING_KEYS;
    const text = `${MINE}KEYGATE_METRICS_TOKEN=\nKEYGATE_SIGNING_KEYS='${keys}'\n`;
    writeFileSync(file, text);
    expect(ensureDevVars(file, ENVIRONMENTS)).toBe(false);
    expect(readFileSync(file, "utf8")).toBe(text);
  });

  test("that lacks signing keys gets them, and every other line stays as it is", () => {
    writeFileSync(file, MINE);
    expect(ensureDevVars(file, ["production"])).toBe(false);
    const first = readDevVars(file).KEYGATE_SIGNING_KEYS as string;
    expect(Object.keys(parseSigningKeys(first))).toEqual(["production"]);
    ensureDevVars(file, ENVIRONMENTS);
    expect(readFileSync(file, "utf8").startsWith(MINE)).toBe(true);
    const both = parseSigningKeys(readDevVars(file).KEYGATE_SIGNING_KEYS as string);
    expect(both).toMatchObject(parseSigningKeys(first));
    expect(both.sandbox?.map(({ state }) => state)).toEqual(["active", "next"]);
  });

  test("that has no line for a metrics token gets one, and the token stays", () => {
    writeFileSync(file, MINE);
    ensureDevVars(file, ["production"]);
    const token = readDevVars(file).KEYGATE_METRICS_TOKEN;
    expect(token).toMatch(/^kgm_[\w-]{43}$/);
    ensureDevVars(file, ENVIRONMENTS);
    expect(readDevVars(file).KEYGATE_METRICS_TOKEN).toBe(token);
  });

  test.each<[what: string, end: string]>([
    ["a token", `OTHER=1\nKEYGATE_ROOT_TOKEN=${ROOT}`],
    ["peppers", `KEYGATE_ROOT_TOKEN=${ROOT}\r\nKEYGATE_PEPPERS=${PEPPERS}`],
    ["a comment", `KEYGATE_ROOT_TOKEN=${ROOT}\n# the end`],
  ])("whose last line is %s without a line break keeps every secret", (_, end) => {
    writeFileSync(file, `KEYGATE_PEPPERS="${PEPPERS}"\n${end}`);
    const before = readDevVars(file);
    ensureDevVars(file, ENVIRONMENTS);
    expect(readDevVars(file)).toMatchObject(before);
    expect(readFileSync(file, "utf8").startsWith(`KEYGATE_PEPPERS="${PEPPERS}"\n${end}\n`)).toBe(true);
  });

  test.each([
    ["several lines", (keys: string) => `KEYGATE_SIGNING_KEYS='{\n${keys.slice(1)}'\n`],
    ["two places", (keys: string) => `KEYGATE_SIGNING_KEYS='{}'\nKEYGATE_SIGNING_KEYS='${keys}'\n`],
  ])("whose signing keys are in %s gets others, and every other line stays the same", (_, linesOf) => {
    const production = newSigningKeys(["production"]);
    writeFileSync(file, `${MINE}\n${linesOf(JSON.stringify(production))}LAST=2\n`);
    ensureDevVars(file, ENVIRONMENTS);
    const keys = parseSigningKeys(readDevVars(file).KEYGATE_SIGNING_KEYS as string);
    expect(keys).toMatchObject(production);
    const others = readFileSync(file, "utf8").replace(/^KEYGATE_(SIGNING_KEYS|METRICS_TOKEN)=.*\n/gm, "");
    expect(others).toBe(`${MINE}\nLAST=2\n`);
  });

  test("whose signing keys cannot be used is refused in one line that holds nothing of them", () => {
    writeFileSync(file, `${MINE}KEYGATE_SIGNING_KEYS='{"production":[{"d":"canary"}]}'\n`);
    expect(() => ensureDevVars(file, ENVIRONMENTS)).toThrow(
      /KEYGATE_SIGNING_KEYS has a value in \w+ that is not a private key/,
    );
    expect(() => ensureDevVars(file, ENVIRONMENTS)).not.toThrow(/canary|\n/);
  });

  test.each([
    ["KEYGATE_ROOT_TOKEN=kgr_x\n", "does not have KEYGATE_PEPPERS. Add: KEYGATE_PEPPERS=p1:"],
    ["KEYGATE_PEPPERS=p1:x\nKEYGATE_ROOT_TOKEN=\n", "does not have KEYGATE_ROOT_TOKEN. Add: KEYGATE_ROOT_TOKEN=kgr_"],
    ["", "does not have KEYGATE_PEPPERS and KEYGATE_ROOT_TOKEN."],
  ])("that lacks a name is refused in one line that says which: %j", (text, words) => {
    writeFileSync(file, text);
    expect(() => ensureDevVars(file, ENVIRONMENTS)).toThrow(words);
    expect(() => ensureDevVars(file, ENVIRONMENTS)).not.toThrow(/\n/);
    expect(readFileSync(file, "utf8")).toBe(text);
  });
});

describe("secrets that the gateway cannot use", () => {
  const GOOD = { KEYGATE_PEPPERS: `p1:${"A".repeat(43)}`, KEYGATE_ROOT_TOKEN: `kgr_${"c".repeat(43)}` };

  test.each<[name: string, value: string, problem: string]>([
    ["KEYGATE_PEPPERS", "canary", "must be id:base64url (at least 24 bytes), or two of them, comma separated"],
    ["KEYGATE_PEPPERS", `p1:${"A".repeat(31)}`, "must be id:base64url"],
    // As long as needed, but no bytes have this length in base64.
    ["KEYGATE_PEPPERS", `p1:${"A".repeat(33)}`, "must be id:base64url"],
    ["KEYGATE_PEPPERS", `p1:${"A".repeat(42)}!`, "must be id:base64url"],
    ["KEYGATE_PEPPERS", `p1:${"A".repeat(43)}=`, "must be id:base64url"],
    ["KEYGATE_PEPPERS", `p1:${"A".repeat(43)},`, "must be id:base64url"],
    ["KEYGATE_PEPPERS", `p1:${"A".repeat(43)},p1:${"B".repeat(43)}`, "has two peppers with the same id"],
    [
      "KEYGATE_PEPPERS",
      ["p1", "p2", "p3"].map((id) => `${id}:${"A".repeat(43)}`).join(","),
      "has more than two peppers",
    ],
    ["KEYGATE_ROOT_TOKEN", "kgr_canary", "must have at least 32 characters, not 10"],
    ["KEYGATE_ROOT_TOKEN", `kgr_${"c".repeat(43)},`, "must have at least 32 characters, not 0"],
    ["KEYGATE_ROOT_TOKEN", `kgr_${"c".repeat(43)},kgr_canary`, "must have at least 32 characters, not 10"],
    ["KEYGATE_ROOT_TOKEN", `kgr_${"c".repeat(20)} ${"c".repeat(20)}`, "has a character that a header cannot contain"],
    ["KEYGATE_ROOT_TOKEN", `kgr_${"ü".repeat(43)}`, "has a character that a header cannot contain"],
    ["KEYGATE_METRICS_TOKEN", "kgm_canary", "must have at least 32 characters, not 10"],
    ["KEYGATE_METRICS_TOKEN", `kgm_${"c".repeat(43)},`, "must have at least 32 characters, not 0"],
  ])("are refused before the start, in one line that repeats nothing of them: %s=%s", (name, value, problem) => {
    const file = join(temporaryFolder(), ".dev.vars");
    const lines = Object.entries({ ...GOOD, [name]: value }).map(([each, text]) => `${each}="${text}"`);
    writeFileSync(file, lines.join("\n"));
    expect(() => ensureDevVars(file, ENVIRONMENTS)).toThrow(`.dev.vars: ${name} ${problem}`);
    expect(() => ensureDevVars(file, ENVIRONMENTS)).not.toThrow(/\n|canary|AAAA|cccc|ü/);
  });

  test("are refused together, a line for each", () => {
    const file = join(temporaryFolder(), ".dev.vars");
    writeFileSync(file, "KEYGATE_PEPPERS=p1:x\nKEYGATE_ROOT_TOKEN=kgr_x\n");
    expect(() => ensureDevVars(file, ENVIRONMENTS)).toThrow(/^.*KEYGATE_PEPPERS .*\n.*KEYGATE_ROOT_TOKEN .*$/);
  });
});

describe("keygate dev", () => {
  test("says in one line that the port is taken, and how to choose another", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const { code, stdout, stderr } = await keygate(["dev", "--port", String(port)], { project: copyOfProject() });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(new RegExp(`^keygate: Port ${port} is in use\\. Choose another one, .*\n$`));
  });

  test("starts nothing and makes no secrets where the configuration is wrong", async () => {
    const project = copyOfProject();
    const config = join(project, "gateway.config.ts");
    writeFileSync(config, readFileSync(config, "utf8").replace('resource: "folders"', 'resource: "folder"'));
    const { code, stdout, stderr } = await keygate(["dev"], { project });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(
      'gateway.config.ts cannot be used:\n  routes["/workspaces/:workspace/folders/*"].resource: ',
    );
    expect(stderr).toContain('Did you mean "folders"?');
    expect(() => readFileSync(join(project, ".dev.vars"))).toThrow("ENOENT");
  });

  test.for<[what: string, prepare: (project: string) => void, says: RegExp]>([
    [
      ".dev.vars is a folder",
      (project) => mkdirSync(join(project, ".dev.vars")),
      /^keygate: \.dev\.vars is a folder, .* Move it away\.\n$/,
    ],
    [
      "the state is a file",
      (project) => {
        mkdirSync(join(project, ".wrangler"));
        writeFileSync(join(project, ".wrangler/state"), "");
      },
      /^keygate: \S*\.wrangler\/state is a file, .* Move it away, or choose another folder with --state DIR\.\n$/,
    ],
    [
      "a folder above the state is a file",
      (project) => writeFileSync(join(project, ".wrangler"), ""),
      /^keygate: \S*\.wrangler is a file, .*\n$/,
    ],
    [
      "a database is damaged",
      (project) => {
        const folder = join(project, ".wrangler/state/v3/kv/keygate");
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, "metadata.sqlite"), "canary".repeat(100));
      },
      /^keygate: \S*\/metadata\.sqlite is damaged\. .* delete the folder \S*\.wrangler\/state to .*\n$/,
    ],
  ])("says in one sentence what to do where %s", async ([, prepare, says]) => {
    const project = copyOfProject();
    prepare(project);
    const { code, stdout, stderr } = await keygate(["dev", "--port", String(await freePort())], { project });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(says);
  });

  test("says in one sentence what to do where a database is damaged further inside", async () => {
    const project = copyOfProject();
    const folder = join(project, ".wrangler/state/v3/d1/miniflare-D1DatabaseObject");
    mkdirSync(folder, { recursive: true });
    const id = "c9d0b0e4d6a8d5f0a0c5d4f3a2b1c0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4b3";
    writeFileSync(join(folder, `${id}.sqlite`), "SQLite format 3\0".padEnd(8_192, "canary"));
    writeFileSync(join(folder, "metadata.sqlite"), "SQLite format 3\0".padEnd(8_192, "canary"));
    const { code, stderr } = await keygate(["dev", "--port", String(await freePort())], { project });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^keygate: \S*v3\/d1 is damaged\. .*\n$/)]);
  });

  test("refuses an incomplete .dev.vars and leaves it as it is", async () => {
    const project = copyOfProject();
    writeFileSync(join(project, ".dev.vars"), "KEYGATE_PEPPERS=p1:x\n");
    const { code, stderr } = await keygate(["dev"], { project });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^keygate: \.dev\.vars does not have KEYGATE_ROOT_TOKEN\. .*\n$/);
    expect(readFileSync(join(project, ".dev.vars"), "utf8")).toBe("KEYGATE_PEPPERS=p1:x\n");
  });
});

describe("keygate check", () => {
  test("says in one line what a right configuration holds", async () => {
    const { code, stdout, stderr } = await command(["check"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^gateway\.config\.ts: 2 environments, \d+ routes, \d+ resources, 3 roles, \d+ plans\n$/);
  });

  test("hints at an origin whose own address a client may follow, and passes all the same", async () => {
    const project = copyOfProject();
    const config = join(project, "gateway.config.ts");
    const written = readFileSync(config, "utf8");
    const origin = 'production: { url: "https://app.internal.example" }';
    writeFileSync(config, written.replace('production: { service: "DEMO_ORIGIN", shared: true }', origin));
    const { code, stdout } = await keygate(["check"], { project });
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/\nhint: origins\.signatures\.production: does not set rewriteLocation/),
    ]);
    const decided = origin.replace(" }", ", rewriteLocation: false }");
    writeFileSync(config, written.replace('production: { service: "DEMO_ORIGIN", shared: true }', decided));
    expect((await keygate(["check"], { project })).stdout).not.toContain("hint");
  });

  test("names the main environment where only the order of the environments says which it is", async () => {
    const project = copyOfProject();
    const config = join(project, "gateway.config.ts");
    writeFileSync(config, readFileSync(config, "utf8").replace("      main: true,\n", ""));
    const { code, stdout } = await keygate(["check"], { project });
    expect(code).toBe(0);
    expect(stdout).toContain("\nhint: environments.production: is the main environment only because it is first");
  });

  test("names the service that wrangler.toml does not bind, and what to add", async () => {
    const project = copyOfProject();
    const wrangler = join(project, "wrangler.toml");
    writeFileSync(wrangler, readFileSync(wrangler, "utf8").replace('binding = "DEMO_ORIGIN"', 'binding = "OTHER"'));
    const { code, stderr } = await keygate(["check"], { project });
    expect(code).toBe(1);
    expect(stderr).toContain("origins.signatures.production.service: is a service that wrangler.toml does not bind");
    expect(stderr).toContain('binding = "DEMO_ORIGIN"');
  });

  test.each([
    [
      "a mistake of syntax, with its place",
      "export default {\n  a: 1,\n  b: [1, 2\n};\n",
      /cannot be read: .*\n.*config\.ts:4\n/,
    ],
    [
      "an import that leads nowhere",
      'import "no-such-package";\nexport default {};\n',
      /Cannot find package 'no-such-package'/,
    ],
    ["an error while it is read", 'throw new Error("out of luck");\n', /cannot be read: out of luck\n$/],
    ["no default export", "export const config = {};\n", /has no default export\. Write: export default/],
    ["not an object", "export default 42;\n", /has no default export/],
  ])("tells without a stack trace: %s", async (_, text, words) => {
    const config = join(temporaryFolder(), "config.ts");
    writeFileSync(config, text);
    const { code, stdout, stderr } = await command(["check", "--config", config]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(words);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test("a file that is not there is told so", async () => {
    const { code, stderr } = await command(["check", "--config", "no/such.ts"]);
    expect([code, stderr]).toEqual([1, "keygate: There is no no/such.ts.\n"]);
  });
});
