import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import base from "../../../gateway.config.ts";
import { type Clock, verify } from "../../../src/cli/operate/verify.ts";
import { withLocalBaseUrls } from "../../../src/config/local.ts";
import type { GatewayConfig } from "../../../src/config/types.ts";
import { type Call, copyOfProject, keygate, PROJECT, startApi } from "../helpers.ts";
import { startCloudflareApi } from "./cloudflare.ts";

const MIGRATIONS = readdirSync(join(PROJECT, "migrations")).map((name) => `migrate ${name}`);

describe("keygate deploy", { timeout: 240_000 }, () => {
  let project: string;
  beforeEach(() => {
    project = copyOfProject();
    writeFileSync(join(project, ".gitignore"), "secrets*\n");
    // The hosts of these tests are on this machine.
    const wrangler = join(project, "wrangler.toml");
    writeFileSync(wrangler, readFileSync(wrangler, "utf8").replace(/^routes = \[\n(?:.*\n)*?\]\n/gm, ""));
  });

  /** A configuration whose hosts are a server of this test. */
  async function deployable(answer: (call: Call) => number): Promise<Call[]> {
    const { url, calls } = await startApi((call) => ({ status: answer(call), body: {} }));
    writeConfig("gateway.config.staging.ts", url);
    return calls;
  }

  function writeConfig(name: string, url: string, control = ""): void {
    const at = (path: string) => JSON.stringify(`${url.replace("127.0.0.1", "localhost")}/${path}`);
    writeFileSync(
      join(project, name),
      `import base from "./gateway.config.ts";
      const { production, sandbox } = base.environments;
      export default {
        ...base,
        environments: {
          production: { ...production, baseUrls: [${at("live")}], issuer: ${at("live")} },
          sandbox: { ...sandbox, baseUrls: [${at("test")}], issuer: ${at("test")} },
        },
        control: { baseUrls: [${JSON.stringify(url)}], ${control} },
      };`,
    );
  }

  const good = ({ path }: Call) => (path === "/readyz" ? 200 : 401);

  test("creates the database, applies every migration, deploys with the secrets, and asks the gateway", async () => {
    const calls = await deployable(good);
    const api = await startCloudflareApi();
    const other = await keygate(["secrets", "--to", "secrets.production.json"], { project });
    expect(other.stdout).toContain("deploy --secrets-file secrets.production.json");
    const made = await keygate(["secrets", "--config", "gateway.config.staging.ts", "--to", "secrets.json"], {
      project,
    });
    expect(made).toMatchObject({ code: 0, stderr: "" });
    expect(made.stdout).toContain("deploy --env staging --secrets-file secrets.json\n");
    expect(other.stdout).toContain(
      "This is for the top level of wrangler.toml. For another deployment, add --env staging.",
    );
    expect(made.stdout).not.toContain("top level");
    expect(statSync(join(project, "secrets.json")).mode & 0o777).toBe(0o600);

    const args = ["deploy", "--env", "staging", "--secrets-file", "secrets.json"];
    const { code, stdout, stderr } = await keygate(args, { project, env: api.env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(api.changes).toEqual(["create keygate-staging", ...MIGRATIONS, "deploy keygate-staging"]);
    expect(api.secrets.sort()).toEqual([
      "KEYGATE_METRICS_TOKEN",
      "KEYGATE_PEPPERS",
      "KEYGATE_ROOT_TOKEN",
      "KEYGATE_SIGNING_KEYS",
    ]);
    expect(new Set(calls.map(({ path }) => path))).toEqual(
      new Set(["/readyz", "/live/signatures/keygate-deploy", "/test/signatures/keygate-deploy"]),
    );
    expect(stdout).toContain("Deployed: the gateway is ready, and refuses requests without a key.");
    for (const secret of Object.values(JSON.parse(readFileSync(join(project, "secrets.json"), "utf8")))) {
      expect(stdout).not.toContain(secret);
    }
  });

  test("says how to create the secrets that a new Worker lacks, and asks nothing of the gateway", async () => {
    const calls = await deployable(good);
    const api = await startCloudflareApi();
    const { code, stderr } = await keygate(["deploy", "--env", "staging"], { project, env: api.env });
    expect(code).toBe(1);
    const [create = "", deploy = ""] = stderr
      .trim()
      .split(/\n *npx --no-install keygate /)
      .slice(1);
    expect([create, deploy]).toEqual([
      "secrets --env staging --to secrets.staging.json",
      "deploy --env staging --secrets-file secrets.staging.json",
    ]);
    expect([api.changes.includes("deploy keygate-staging"), calls]).toEqual([false, []]);
    const followed = await keygate(create.split(" "), { project });
    expect([followed.code, followed.stdout]).toEqual([
      0,
      expect.stringContaining(`npx --no-install keygate ${deploy}\n`),
    ]);
  });

  test("replaces no pepper of a Worker, and changes nothing, unless it is told to", async () => {
    const calls = await deployable(good);
    const api = await startCloudflareApi();
    api.exists = true;
    const names = ["KEYGATE_PEPPERS", "KEYGATE_ROOT_TOKEN", "KEYGATE_METRICS_TOKEN", "KEYGATE_SIGNING_KEYS"];
    const secrets = Object.fromEntries(names.map((name) => [name, "A".repeat(43)]));
    writeFileSync(join(project, "secrets.json"), JSON.stringify(secrets));
    const args = ["deploy", "--env", "staging", "--secrets-file", "secrets.json"];
    const { code, stderr } = await keygate(args, { project, env: api.env });
    expect(code).toBe(1);
    expect(stderr).toContain("The Worker already has KEYGATE_PEPPERS, and secrets.json would replace it.");
    expect(stderr).toContain("\n  npx --no-install keygate deploy --env staging\n");
    expect(stderr).toContain("--replace-secrets");
    expect(stderr).not.toContain("AAA");
    expect([api.changes, calls]).toEqual([[], []]);
    const told = await keygate([...args, "--replace-secrets"], { project, env: api.env });
    expect(told).toMatchObject({ code: 0, stderr: "" });
    expect(api.secrets).toContain("KEYGATE_PEPPERS");
  });

  test("with --replace-secrets and no file, is wrong usage, and changes nothing", async () => {
    const api = await startCloudflareApi();
    const { code, stderr } = await keygate(["deploy", "--replace-secrets"], { project, env: api.env });
    expect([code, stderr]).toEqual([2, expect.stringContaining("--replace-secrets needs --secrets-file")]);
    expect(api.changes).toEqual([]);
  });

  test("refuses to move objects to another jurisdiction than the recorded one, and deploys nothing", async () => {
    const calls = await deployable(good);
    const api = await startCloudflareApi();
    api.jurisdictions = [
      { objects: "*", jurisdiction: null },
      { objects: "production", jurisdiction: "eu" },
    ];
    const { code, stderr } = await keygate(["deploy", "--env", "staging"], { project, env: api.env });
    expect(code).toBe(1);
    expect(stderr).toContain('The objects of "production" were created in eu');
    expect([api.changes.includes("deploy keygate-staging"), calls]).toEqual([false, []]);
  });

  test.each([[["deploy", "--secrets-file", "secrets.json"]], [["migrate"]]])(
    "%j creates the database in the jurisdiction of the configuration",
    async (words) => {
      const { url } = await startApi((call) => ({ status: good(call), body: {} }));
      writeConfig("gateway.config.staging.ts", url, 'jurisdiction: "eu"');
      const wrangler = join(project, "wrangler.toml");
      const withId = `[[env.staging.kv_namespaces]]\nid = "${"2".repeat(32)}"`;
      const text = readFileSync(wrangler, "utf8");
      writeFileSync(wrangler, text.replace("[[env.staging.kv_namespaces]]", withId));
      await keygate(["secrets", "--env", "staging", "--to", "secrets.json"], { project });
      const api = await startCloudflareApi();
      const { code, stderr } = await keygate([...words, "--env", "staging"], { project, env: api.env });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(api.changes[0]).toBe("create keygate-staging in eu");
    },
  );

  test("with --dry-run, checks and builds without any call", async () => {
    const calls = await deployable(good);
    const api = await startCloudflareApi();
    const args = ["deploy", "--env", "staging", "--dry-run"];
    const { code, stdout, stderr } = await keygate(args, { project, env: api.env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("Nothing was deployed");
    expect([api.changes, calls]).toEqual([[], []]);
  });

  test.each([
    [["deploy", "--env", "staging"], "There is no gateway.config.staging.ts"],
    [["deploy", "--config", "nowhere.ts"], "There is no nowhere.ts"],
    [["deploy", "--secrets-file", "nowhere.json"], "There is no nowhere.json."],
    [["deploy", "--secrets-file", "src"], "src is a folder, not a file with secrets."],
    [["secrets", "--to", "kept.json"], "git would commit kept.json"],
  ])("%j changes nothing, and says what is missing", async (args, words) => {
    execFileSync("git", ["init", "-q"], { cwd: project });
    const api = await startCloudflareApi();
    const { code, stderr } = await keygate(args, { project, env: api.env });
    expect(code).toBe(1);
    expect(stderr).toContain(words);
    expect(api.changes).toEqual([]);
  });
});

describe("the questions after a deploy", () => {
  const config = withLocalBaseUrls(base, 8787);

  /** A clock without waiting: time passes only while the command waits. */
  function fastClock(): Clock {
    let time = 0;
    const wait = async (ms: number) => {
      time += ms;
    };
    return { now: () => time, wait, timeout: () => AbortSignal.abort(new DOMException("", "TimeoutError")) };
  }

  function verifyWith(statusOf: (url: string) => number, clock = fastClock()): Promise<void> {
    return verify(config, async (url) => new Response(null, { status: statusOf(String(url)) }), clock);
  }

  const good = (url: string) => (url.endsWith("/readyz") ? 200 : 401);

  test("are asked of every base URL: whether it is ready, and whether it refuses a request without a key", async () => {
    const asked = new Set<string>();
    await verifyWith((url) => {
      asked.add(url);
      return good(url);
    });
    const urls = [...Object.values(config.environments), config.control].flatMap(({ baseUrls }) => baseUrls);
    expect(asked.size).toBe(urls.length);
    for (const url of urls) expect([...asked].some((each) => each.startsWith(url))).toBe(true);
  });

  const GUARDED = { origin: "signatures", resource: "signatures" };
  const OPEN = { origin: "signatures", public: true } as const;

  test.each<[what: string, routes: GatewayConfig["routes"], asked: string | undefined]>([
    [
      "a method",
      [
        { path: "/a/*", ...GUARDED },
        { methods: ["GET"], path: "/a/*", ...OPEN },
      ],
      "POST /a/keygate-deploy",
    ],
    [
      "a level",
      [
        { path: "/*", ...GUARDED },
        { path: "/:page", ...OPEN },
      ],
      "GET /keygate-deploy/keygate-deploy",
    ],
    [
      "a name",
      [
        { path: "/:id/x", ...GUARDED },
        { path: "/keygate-deploy/*", ...OPEN },
      ],
      undefined,
    ],
    ["all", [{ path: "/*", ...OPEN }], undefined],
  ])("ask nothing that is public, where %s of a route is", async (_, routes, asked) => {
    const seen = new Set<string>();
    const ask: typeof fetch = async (url, init) => {
      seen.add(`${init?.method} ${new URL(String(url)).pathname.replace(/^\/(?:production|sandbox|v1)\//, "/")}`);
      return new Response(null, { status: good(String(url)) });
    };
    await verify({ ...config, routes }, ask, fastClock());
    expect([...seen]).toEqual(["GET /readyz", ...(asked === undefined ? [] : [asked])]);
  });

  test("fail the deploy if only the version before, which still answers at first, is good", async () => {
    const clock = fastClock();
    const statusOf = (url: string) => (clock.now() < 5_000 ? good(url) : 500);
    await expect(verifyWith(statusOf, clock)).rejects.toThrow("/readyz: 500 instead of 200");
  });

  test("end when all answers have been good for ten seconds, and begin again at a bad one", async () => {
    const clock = fastClock();
    await verifyWith((url) => (clock.now() === 8_000 && url.endsWith("/readyz") ? 503 : good(url)), clock);
    expect(clock.now()).toBe(19_000);
  });

  test.each([
    ["is not ready", (url: string) => (url.endsWith("/readyz") ? 503 : 401), "/readyz: 503 instead of 200"],
    ["forwards what has no key", (url: string) => (url.endsWith("/readyz") ? 200 : 200), ": 200 instead of 401"],
    ["is another Worker", () => 404, ": 404 instead of 401"],
  ])("fail the deploy if the gateway %s", async (_, statusOf, words) => {
    await expect(verifyWith(statusOf)).rejects.toThrow(words);
  });

  test("say which host cannot be reached", async () => {
    const failing = () => Promise.reject(new TypeError("fetch failed", { cause: new Error("getaddrinfo ENOTFOUND") }));
    await expect(verify(config, failing, fastClock())).rejects.toThrow("ENOTFOUND");
  });

  test("wait for no host that accepts a request and then stays silent", async () => {
    const silent: typeof fetch = (_, init) =>
      new Promise((_resolve, reject) => init?.signal?.aborted && reject(init.signal.reason));
    await expect(verify(config, silent, fastClock())).rejects.toThrow("no answer within 10 s instead of 200");
  });
});
