import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { command, temporaryFolder } from "../helpers.ts";

describe("keygate secrets", () => {
  test("creates every secret of a deployment, each with its own randomness", async () => {
    const to = join(temporaryFolder(), "secrets.json");
    const { code, stderr } = await command(["secrets", "--to", to]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const secrets = JSON.parse(readFileSync(to, "utf8"));
    expect(secrets).toEqual({
      KEYGATE_PEPPERS: expect.stringMatching(/^p1:[\w-]{43}$/),
      KEYGATE_ROOT_TOKEN: expect.stringMatching(/^kgr_[\w-]{43}$/),
      KEYGATE_METRICS_TOKEN: expect.stringMatching(/^kgm_[\w-]{43}$/),
      KEYGATE_SIGNING_KEYS: expect.stringMatching(/^\{"production":/),
    });
    expect(secrets.KEYGATE_METRICS_TOKEN.slice(4)).not.toBe(secrets.KEYGATE_ROOT_TOKEN.slice(4));
  });

  test.for([
    ["KEYGATE_METRICS_TOKEN", "gateway.config.ts", ""],
    ["KEYGATE_ROOT_TOKEN", "gateway.config.staging.ts", "--env staging "],
  ])(
    "creates %s alone for a deployment that runs (%s), and says how to set it",
    async ([name = "", config = "", environment]) => {
      const to = join(temporaryFolder(), "one.json");
      const { code, stdout, stderr } = await command(["secrets", "--only", name, "--config", config, "--to", to]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      const secrets = JSON.parse(readFileSync(to, "utf8"));
      expect(Object.keys(secrets)).toEqual([name]);
      expect(statSync(to).mode & 0o777).toBe(0o600);
      expect(stdout).toContain(`npx wrangler secret bulk ${environment}${to}`);
      expect(stdout).not.toContain(secrets[name]);
    },
  );

  test.for<[args: string[], deploy: string]>([
    [[], ""],
    [["--config", "gateway.config.staging.ts"], " --env staging"],
    [["--env", "staging"], " --env staging"],
    [["--env", "staging", "--config", "./gateway.config.ts"], " --env staging --config ./gateway.config.ts"],
  ])("%j prints a deploy to the same place", async ([args, deploy]) => {
    const to = join(temporaryFolder(), "secrets.json");
    const { code, stdout } = await command(["secrets", ...args, "--to", to]);
    expect(code).toBe(0);
    expect(stdout).toContain(`npx --no-install keygate deploy${deploy} --secrets-file ${to}\n`);
    expect(stdout.includes("This is for the top level of wrangler.toml.")).toBe(deploy === "");
  });

  test("creates no pepper alone: it would end every key", async () => {
    const to = join(temporaryFolder(), "one.json");
    const { code, stderr } = await command(["secrets", "--only", "KEYGATE_PEPPERS", "--to", to]);
    expect(code).toBe(2);
    expect(stderr).toContain("KEYGATE_ROOT_TOKEN, KEYGATE_METRICS_TOKEN");
    expect(() => statSync(to)).toThrow("ENOENT");
  });
});
