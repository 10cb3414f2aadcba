import { expect, test } from "vitest";
import { withNextSteps } from "../../../src/cli/operate/missing-secrets.ts";
import { Failure } from "../../../src/cli/terminal/failure.ts";

const MISSING = "The following required secrets have not been set:";
const IS_NEW = "This Worker does not exist yet, so secrets cannot be set in advance.";

function stepsAfter(said: string, deployed: Parameters<typeof withNextSteps>[1]): string[] {
  const { message } = withNextSteps(new Failure(said), deployed) as Failure;
  expect(message.startsWith(said)).toBe(true);
  return message.slice(said.length).trim().split(/\n+ */);
}

test("a new Worker gets all secrets of its environment", () => {
  const said = `${MISSING} KEYGATE_PEPPERS, KEYGATE_ROOT_TOKEN, KEYGATE_SIGNING_KEYS\n${IS_NEW}`;
  expect(stepsAfter(said, {})).toEqual([
    "To create them and deploy with them:",
    "npx --no-install keygate secrets --to secrets.production.json",
    "npx --no-install keygate deploy --secrets-file secrets.production.json",
  ]);
  expect(stepsAfter(said, { env: "staging" }).slice(1)).toEqual([
    "npx --no-install keygate secrets --env staging --to secrets.staging.json",
    "npx --no-install keygate deploy --env staging --secrets-file secrets.staging.json",
  ]);
});

test("a Worker with peppers keeps them, and gets only what is missing, in its environment", () => {
  const said = `${MISSING} KEYGATE_METRICS_TOKEN, KEYGATE_SIGNING_KEYS, ORIGIN_SECRET\nUse wrangler.`;
  expect(stepsAfter(said, { env: "staging" }).slice(1)).toEqual([
    "npx --no-install keygate secrets --only KEYGATE_METRICS_TOKEN --env staging --to secrets.metrics.staging.json",
    "npx wrangler secret bulk --env staging secrets.metrics.staging.json",
    "npx --no-install keygate signing-keys init --env staging --to signing-keys.staging.json",
    "npx wrangler secret put KEYGATE_SIGNING_KEYS --env staging < signing-keys.staging.json",
    "npx wrangler secret put ORIGIN_SECRET --env staging",
    "npx --no-install keygate deploy --env staging",
  ]);
});

test.each([IS_NEW, "Use wrangler."])("a secrets file that lacks some is to be completed: %s", (words) => {
  const said = `${MISSING} ORIGIN_SECRET\n${words}`;
  expect(stepsAfter(said, { secretsFile: "secrets.json" })).toEqual(["Add to secrets.json: ORIGIN_SECRET"]);
});

test("another error stays as it is", () => {
  const error = new Failure("wrangler deploy failed");
  expect(withNextSteps(error, {})).toBe(error);
});
