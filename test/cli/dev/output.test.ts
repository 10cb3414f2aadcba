import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";
import { activeMs } from "../../../src/cli/operate/bundle.ts";
import { PROJECT, SECRET } from "../helpers.ts";

/** What a person sees of a process that prints these lines. */
async function seen(
  stdout: string[],
  stderr: string[] = [],
  isStopped = false,
): Promise<{ stdout: string; stderr: string; last: string }> {
  const speaker = `console.log(${JSON.stringify(stdout.join("\n"))}); console.error(${JSON.stringify(stderr.join("\n"))})`;
  const listener = `
    import { spawn } from "node:child_process";
    import { DevOutput } from ${JSON.stringify(join(PROJECT, "src/cli/dev/output.ts"))};
    const stop = new AbortController();
    const output = new DevOutput(stop.signal);
    if (${isStopped}) stop.abort();
    output.showWorkers();
    const child = spawn(process.execPath, ["-e", ${JSON.stringify(speaker)}]);
    output.follow(child);
    child.on("close", () => console.log("LAST " + output.lastWords));`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", listener]);
  const text = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => (text.stdout += chunk));
  child.stderr.on("data", (chunk) => (text.stderr += chunk));
  await once(child, "close");
  const [shown = "", last = ""] = text.stdout.split("LAST ");
  return { stdout: shown, stderr: text.stderr, last };
}

test("a Worker's own log lines are passed on as it wrote them", async () => {
  const { stdout } = await seen(['[keygate] {"decision":"forwarded"}', '[keygate-demo-origin] {"a":1}']);
  expect(stdout).toBe('{"decision":"forwarded"}\n{"a":1}\n');
});

test("banner and request lines are not", async () => {
  const noise = ["⎔ Starting local server...", "[wrangler:info] GET /status 200 OK (64ms)", "env.KV   KV Namespace"];
  const { stdout, stderr } = await seen(noise);
  expect([stdout, stderr]).toEqual(["", ""]);
});

test("errors are passed on to stderr with all their lines, and without keys", async () => {
  const { stdout, stderr } = await seen(
    [
      `[wrangler:error] Error: boom http://localhost/?x=${SECRET}`,
      "    at Object.fetch (worker.ts:3:39)",
      "⎔ Reloading local server...",
    ],
    ["\u001b[31m✘ [ERROR] Build failed with 1 error:\u001b[0m", "", "    src/app.ts:13:26:"],
  );
  expect(stdout).toBe("");
  expect(stderr).toContain("Error: boom http://localhost/?x=[key]\n    at Object.fetch (worker.ts:3:39)\n");
  expect(stderr).toContain("✘ [ERROR] Build failed with 1 error:\n    src/app.ts:13:26:\n");
  expect(stderr).not.toContain("Reloading");
});

test("JSON that a Worker logs as an error comes without wrangler's mark", async () => {
  expect((await seen([], ['✘ [ERROR] {"degraded":true}', '▲ [WARNING] {"slow":true}'])).stderr).toBe(
    '{"degraded":true}\n{"slow":true}\n',
  );
});

test("the last words are what was said unseen, or a pointer to what was seen", async () => {
  expect((await seen(["⎔ Starting local server..."])).last).toBe("Its output:\n⎔ Starting local server...\n");
  expect((await seen([], ["✘ [ERROR] no"])).last).toBe("See the reason above.\n");
});

test("the start of a Worker takes the time of all samples but the idle ones", () => {
  const node = (id: number, functionName: string) => ({ id, callFrame: { functionName } });
  const nodes = [node(1, "(idle)"), node(2, "parse"), node(3, "(garbage collector)")];
  expect(activeMs({ nodes, samples: [1, 2, 3, 1, 2], timeDeltas: [9000, 1500, 500, 4000, 1000] })).toBe(3);
});

test("what the local server prints when it is stopped is not shown", async () => {
  const trace = ["fatal error: all goroutines are asleep - deadlock!", "goroutine 1 [chan receive]:"];
  expect((await seen([], trace)).stderr).toBe(`${trace.join("\n")}\n`);
  expect((await seen([], trace, true)).stderr).toBe("");
});
