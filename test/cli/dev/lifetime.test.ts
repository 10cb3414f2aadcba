import { describe, expect, test } from "vitest";
import { freePort } from "../../helpers/gateway.ts";
import { copyOfProject } from "../helpers.ts";
import { allGone, folder, type Process, ready, startLocal } from "./processes.ts";

const TIMEOUT = { timeout: 120_000 };

/** The one process that runs this. */
function theOne(family: readonly Process[], pattern: RegExp): Process {
  const [found, ...others] = family.filter(({ args }) => pattern.test(args));
  if (!found || others.length > 0) throw new Error(`not one: ${family.map(({ args }) => args).join("\n")}`);
  return found;
}

describe("no process outlives the local gateway", TIMEOUT, () => {
  test.for([
    ["the command itself", /^\S*node\S* bin\/keygate\.mjs dev/],
    ["the process that holds wrangler", /leash\.[jt]s/],
    ["wrangler", /^(?!.*leash).*wrangler\/bin\/wrangler\.js dev/],
    ["what wrangler runs", /wrangler-dist\/cli\.js dev/],
  ] as const)("after SIGKILL of %s", async ([, pattern]) => {
    const { local, family } = await ready();
    process.kill(theOne(family, pattern).pid, "SIGKILL");
    await local.ended;
    await allGone(local, family);
  });

  test.for(["SIGTERM", "SIGKILL"] as const)("after %s to the npm that started it", async (signal) => {
    const project = copyOfProject();
    const command = ["npm", "start", "--silent", "--"];
    const { local, family } = await ready({ project, command, options: { cwd: project } });
    local.child.kill(signal);
    await local.ended;
    await allGone(local, family);
  });

  test("after its reader has left", async () => {
    const project = copyOfProject();
    const [port, state] = [await freePort(), folder()];
    const line = `node bin/keygate.mjs dev --no-demo --port ${port} --state ${state} | head -n 1`;
    const local = await startLocal({ project, port, state, command: ["sh", "-c", line], flags: [] });
    expect(await local.ended).toBe(0);
    await allGone(local, local.family());
  });

  test("after a reader of all its output has left", async () => {
    const { local, family } = await ready();
    local.child.stdout?.destroy();
    await fetch(`http://127.0.0.1:${local.port}/sandbox/status`).catch(() => {});
    expect(await local.ended).toBe(0);
    await allGone(local, family);
  });
});
