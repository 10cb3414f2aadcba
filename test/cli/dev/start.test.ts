import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readDevVars } from "../../../src/cli/dev/vars.ts";
import { freePort } from "../../helpers/gateway.ts";
import { copyOfProject } from "../helpers.ts";

test("keygate dev answers at local base URLs whatever routes wrangler.toml has, tells no secret, and ends with 0", async () => {
  const project = copyOfProject();
  expect(readFileSync(join(project, "wrangler.toml"), "utf8")).toContain(
    '{ pattern = "api.example.com", custom_domain',
  );
  const port = await freePort();
  const child = spawn(process.execPath, ["bin/keygate.mjs", "dev", "--no-demo", "--port", String(port)], {
    cwd: project,
  });
  onTestFinished(() => void child.kill());
  let output = "";
  child.stderr.on("data", (chunk) => (output += chunk));
  child.stdout.on("data", (chunk) => (output += chunk));
  while (!output.includes(`Ready on http://localhost:${port}\n`) && child.exitCode === null) {
    await Promise.race([once(child.stdout, "data"), once(child, "close")]);
  }

  const response = await fetch(`http://127.0.0.1:${port}/sandbox/status?key=in-a-query-string`);
  expect([response.status, await response.json()]).toEqual([200, { status: "ok" }]);
  while (!output.includes('"/status"')) await once(child.stdout, "data");
  child.kill("SIGTERM");
  expect(await once(child, "close")).toEqual([0, null]);

  const { KEYGATE_PEPPERS = "-", KEYGATE_ROOT_TOKEN = "-" } = readDevVars(join(project, ".dev.vars"));
  for (const secret of [KEYGATE_PEPPERS, KEYGATE_ROOT_TOKEN, "in-a-query-string"]) expect(output).not.toContain(secret);
  expect(output).not.toContain("[wrangler:");
}, 90_000);
