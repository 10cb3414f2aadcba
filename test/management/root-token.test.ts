import { createExecutionContext, env } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import config from "../../gateway.config.ts";
import { createGateway } from "../../src/app.ts";
import type { Env } from "../../src/env.ts";
import { CONTROL } from "./call.ts";

const token = (letter: string) => `kgr_${letter.repeat(43)}`;
const [OLD, NEW, OTHER] = [token("o"), token("n"), token("x")];

/** What a Worker with this secret answers to this token. */
async function answer(rootTokens: string, shown: string): Promise<number> {
  const request = new Request(`${CONTROL}/v1/whoami`, { headers: { Authorization: `Bearer ${shown}` } });
  const environment = { ...env, KEYGATE_ROOT_TOKEN: rootTokens } as unknown as Env;
  return (await createGateway(config).fetch(request, environment, createExecutionContext())).status;
}

describe("a root token", () => {
  test.each([
    ["the old one alone", OLD, { [OLD]: 200, [NEW]: 401 }],
    ["both, while one replaces the other", `${NEW},${OLD}`, { [OLD]: 200, [NEW]: 200, [OTHER]: 401 }],
    ["both, with white space around", ` ${NEW} ,\n${OLD} `, { [OLD]: 200, [NEW]: 200 }],
    ["the new one alone", NEW, { [OLD]: 401, [NEW]: 200 }],
    ["one too short to be safe", "short", { short: 401 }],
    ["none", "", { "": 401, [OLD]: 401 }],
  ])("is taken where the secret holds %s", async (_, rootTokens, expected) => {
    const answers = Object.keys(expected).map(async (shown) => [shown, await answer(rootTokens, shown)]);
    expect(Object.fromEntries(await Promise.all(answers))).toEqual(expected);
  });

  test("is not taken where it is the two of them as they stand in the secret", async () => {
    expect(await answer(`${NEW},${OLD}`, `${NEW},${OLD}`)).toBe(400);
  });
});
