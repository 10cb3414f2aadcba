/** What people paste instead of a URL: a path with the prefix of a base URL, or without it. */

import { beforeAll, describe, expect, test } from "vitest";
import config from "../../gateway.config.ts";
import { compile, type Gateway } from "../../src/config/compile.ts";
import { urlOfPasted } from "../../src/control/explain/path.ts";
import type { Question } from "../../src/control/explain/request.ts";
import { GATEWAY, granted } from "../helpers/control.ts";
import { migrate, type SeededKey, seedKey } from "../helpers/workerd.ts";
import { explainTo } from "./explain.ts";

let key: SeededKey;
beforeAll(async () => {
  await migrate();
  key = await seedKey();
});

/** Both environments at one host, as on a developer's machine. */
const oneHost = (sandbox: string, production: string): Gateway =>
  compile({
    ...config,
    environments: {
      production: { ...config.environments.production, baseUrls: [`https://api.example.com${production}`] },
      sandbox: { ...config.environments.sandbox, baseUrls: [`https://api.example.com${sandbox}`] },
    },
  } as typeof config);

async function readAs(url: string, { gateway = GATEWAY, ...question }: Partial<Question> & { gateway?: Gateway } = {}) {
  const { steps } = granted(await explainTo(gateway, { method: "GET", url, ...question }));
  const told = (check: string) => steps.find((step) => step.check === check)?.detail;
  return [told("base_url"), told("path")];
}

const READ = ["A base URL of sandbox.", "The route /signatures/*."];
const READ_MAIN = ["A base URL of production.", "The route /signatures/*."];

describe("an explanation", () => {
  test.for([
    ["a full URL", "https://sandbox.example.com/v1/signatures/1?page=2"],
    ["a path with the prefix of the base URL", "/v1/signatures/1?page=2"],
    ["a path without it", "/signatures/1?page=2"],
  ] as const)("reads %s as the same request of the key's environment", async ([, url]) => {
    expect(await readAs(url, { keyId: key.id })).toEqual(READ);
    expect(await readAs(url, { key: key.secret })).toEqual(READ);
    expect(await readAs(url, { headers: { Authorization: `Bearer ${key.secret}` } })).toEqual(READ);
  });

  test.each(["/v1/signatures/1", "/signatures/1"])("without a key reads %s below the main base URL", async (path) => {
    expect(await readAs(path)).toEqual(READ_MAIN);
  });

  test("takes a path with the prefix of another environment as a request to that one", async () => {
    const gateway = oneHost("/sandbox", "/production");
    expect(await readAs("/sandbox/signatures/1", { gateway })).toEqual(READ);
    expect(await readAs("/production/signatures/1", { gateway, keyId: key.id })).toEqual(READ_MAIN);
    expect(await readAs("/signatures/1", { gateway, keyId: key.id })).toEqual(READ);
    expect(await readAs("/sandbox", { gateway })).toEqual([READ[0], expect.stringMatching(/no route/i)]);
  });

  test("reads a path below the main base URL if the key's environment is no longer configured", async () => {
    const { sandbox: _, ...environments } = config.environments;
    const gateway = compile({
      ...config,
      origins: Object.fromEntries(
        Object.entries(config.origins).map(([name, { sandbox: _, ...origin }]) => [name, origin]),
      ),
      environments,
    } as unknown as typeof config);
    const main = gateway.environments[gateway.mainEnvironment]?.url;
    for (const path of ["/v1/signatures/1", "/signatures/1"]) {
      expect(urlOfPasted(path, "sandbox", gateway)).toBe(`${main}/signatures/1`);
    }
  });

  test("does not take a route that begins like a base URL for its prefix", async () => {
    const gateway = oneHost("/sandbox", "/signatures");
    expect(await readAs("/signatures/1", { gateway })).toEqual(READ_MAIN);
    expect(await readAs("/signatures/signatures/1", { gateway })).toEqual(READ_MAIN);
    expect(await readAs("/sandboxes/1", { gateway })).toEqual([READ_MAIN[0], expect.stringMatching(/no route/i)]);
  });
});
