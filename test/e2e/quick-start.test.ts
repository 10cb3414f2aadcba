import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { freePort, isFree, PROJECT } from "../helpers/gateway.ts";
import { keygateDev, npmStart, paste, pressCtrlC, type Started, trials, untilReady } from "../helpers/terminal.ts";

/** The status lines that curl has shown. */
const statuses = (shown: string) =>
  [...shown.matchAll(/^(?:HTTP\/1\.1 )?(\d{3})\b.*$/gm)].map(([, status]) => Number(status));

describe("npm start shows a gateway at work", () => {
  const state = mkdtempSync(join(tmpdir(), "keygate-quick-start-"));
  let port: number;
  let flags: string[];
  let running: Started;
  let firstOutput: string;

  beforeAll(async () => {
    port = await freePort();
    flags = ["--port", String(port), "--state", state];
    running = npmStart(...flags);
    await untilReady(running);
    firstOutput = running.output();
  }, 120_000);
  afterAll(async () => {
    if (running.child.exitCode === null) pressCtrlC(running);
    await running.ended;
    rmSync(state, { recursive: true, force: true });
  });

  test("its welcome says where everything is", () => {
    for (const words of [
      `http://127.0.0.1:${port}/production`,
      `http://127.0.0.1:${port}/sandbox`,
      `http://localhost:${port}/v1`,
      `http://localhost:${port}/errors`,
      ".dev.vars",
      `Ready on http://localhost:${port}`,
    ]) {
      expect(firstOutput).toContain(words);
    }
    expect(trials(firstOutput).map(({ promised }) => promised)).toEqual([200, 200, 401, 403, 429]);
  });

  test("the printed lines, pasted into a shell, give what they promise", async () => {
    for (const { promised, command } of trials(firstOutput)) {
      const shown = statuses(await paste(command));
      expect(shown).toEqual(promised === 429 ? [200, 200, 200, 200, 200, 429] : [promised]);
    }
  });

  test("the demo's keys are listed by the printed command and by the printed call, without a secret", async () => {
    const [, command = "", call = ""] = /^ {2}(npx .*)\n {2}(curl [\s\S]*?)\n\n/m.exec(firstOutput) ?? [];
    expect(command).toContain("keygate keys list");
    const listed = JSON.parse(await paste(call)).data as { name: string }[];
    expect(listed.length).toBe(4);
    const table = await paste(command);
    const secrets = trials(firstOutput).flatMap(({ command }) => /Bearer (\w+)/.exec(command)?.[1] ?? []);
    expect(new Set(secrets).size).toBe(4);
    for (const text of [table, JSON.stringify(listed)]) {
      for (const { name } of listed) expect(text).toContain(name);
      for (const secret of secrets) expect(text).not.toContain(secret);
    }
  });

  test("what was written is still there after Ctrl-C and a second start, and the printed lines work again", {
    timeout: 120_000,
  }, async () => {
    const [sandbox] = trials(firstOutput);
    const body = `-X POST -H 'Content-Type: application/json' -d '{"name":"kept"}'`;
    expect(statuses(await paste(`${sandbox?.command.trimEnd()} ${body}`))).toEqual([201]);

    const shownBefore = running.output();
    pressCtrlC(running);
    // npm hands the signal on to whoever waits for it, or ends with what it has run; that depends on its version.
    expect(await running.ended).toBeOneOf([0, null]);
    expect(await isFree(port)).toBe(true);
    expect(running.output().slice(shownBefore.length)).not.toMatch(/error/i);

    running = npmStart(...flags);
    await untilReady(running);
    // The very same keys.
    expect(trials(running.output())).toEqual(trials(firstOutput));
    expect(await paste(sandbox?.command as string)).toContain('"kept"');
    for (const { promised, command } of trials(running.output())) {
      // Of the five tokens a minute some are spent.
      const last = statuses(await paste(command)).at(-1);
      expect(last).toBe(promised);
    }
  });

  test.for(["Starting", "Ready on"])(
    "Ctrl-C after %j ends it with exit code 0, and leaves the port free",
    { timeout: 120_000 },
    async (printed) => {
      const elsewhere = await freePort();
      const dev = keygateDev("--no-demo", "--port", String(elsewhere), "--state", join(state, "other"));
      while (!dev.output().includes(printed)) await once(dev.child.stdout as NodeJS.ReadableStream, "data");
      pressCtrlC(dev);
      expect(await dev.ended).toBe(0);
      expect(await isFree(elsewhere)).toBe(true);
    },
  );
});

describe("npm start that cannot start says why, in a line", () => {
  test("a port that is taken", async () => {
    const server = createServer().listen(await freePort(), "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const started = npmStart("--port", String(port));
    expect(await started.ended).toBe(1);
    expect(complaints(started.output())).toEqual([
      expect.stringMatching(new RegExp(`^keygate: Port ${port} is in use\\.`)),
    ]);
  });

  test("a configuration with a mistake: its place, what is wrong, and what to do", async () => {
    const folder = mkdtempSync(join(tmpdir(), "keygate-quick-start-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const config = join(folder, "gateway.config.ts");
    const text = `
      import config from "${PROJECT}/gateway.config.ts";
      export default { ...config, routes: [{ path: "/x", origin: "signatures", resource: "signature" }] };
    `;
    writeFileSync(config, text);
    const started = npmStart("--config", config, "--port", String(await freePort()));
    expect(await started.ended).toBe(1);
    expect(complaints(started.output())).toEqual([
      expect.stringMatching(/^keygate: .*gateway\.config\.ts cannot be used:$/),
      expect.stringMatching(/^ {2}routes\["\/x"\]\.resource: .*Did you mean "signatures"\?$/),
    ]);
  });
});

/** The lines that are not npm's own. */
function complaints(output: string): string[] {
  return output.split("\n").filter((line) => line.trim() !== "" && !/^(>|npm )/.test(line));
}
