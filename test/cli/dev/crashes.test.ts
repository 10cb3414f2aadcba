import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { copyOfProject } from "../helpers.ts";
import { allGone, type Local, type Process, ready } from "./processes.ts";

const TIMEOUT = { timeout: 120_000 };

const answers = async ({ port }: Local) =>
  (await fetch(`http://127.0.0.1:${port}/sandbox/status`, { signal: AbortSignal.timeout(20_000) })).status;

describe("a runtime that dies", TIMEOUT, () => {
  /** The first is the server that clients connect to; the second runs the Workers. */
  const workerds = (family: readonly Process[]) => family.filter(({ args }) => /workerd serve/.test(args));

  test("ends the gateway with a sentence, where nothing would answer any more", async () => {
    const { local, family } = await ready();
    const server = workerds(family).find(({ args }) => args.includes(`127.0.0.1:${local.port}`));
    process.kill(server?.pid as number, "SIGKILL");
    expect(await local.ended).toBe(1);
    expect(local.stderr()).toMatch(
      /^keygate: The local server crashed, and wrangler cannot restart it\. Start it again\.\n$/m,
    );
    expect(local.stderr()).not.toMatch(/\n\s+at /);
    await allGone(local, local.family());
  });

  test("is said and restarted, where wrangler can", async () => {
    const { local, family } = await ready();
    const worker = workerds(family).find(({ args }) => !args.includes(`127.0.0.1:${local.port}`));
    process.kill(worker?.pid as number, "SIGKILL");
    await local.said("The local runtime crashed. Restarting it …");
    await expect.poll(() => answers(local), { timeout: 20_000, interval: 200 }).toBe(200);
    local.child.kill("SIGTERM");
    expect(await local.ended).toBe(0);
  });
});

test("a state folder whose gateway was killed can be used at once", TIMEOUT, async () => {
  const { local, family } = await ready();
  local.child.kill("SIGKILL");
  await allGone(local, family);
  const { local: again } = await ready({ project: local.project, port: local.port, state: local.state });
  expect(await answers(again)).toBe(200);
});

test("an older Node that has handed over ends with the newer one, and the other way round", TIMEOUT, async () => {
  const project = copyOfProject();
  const pose = 'Object.defineProperty(process.versions, "node", { value: "20.20.2" })';
  const command = [process.execPath, "--import", `data:text/javascript,${encodeURIComponent(pose)}`];
  const { local, family } = await ready({ project, command: [...command, join("bin", "keygate.mjs"), "dev"] });
  expect(family.filter(({ args }) => /keygate\.mjs dev/.test(args))).toHaveLength(2);
  local.child.kill("SIGKILL");
  await allGone(local, family);
});
