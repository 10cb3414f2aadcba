/** The real gateway as its users run it: `keygate dev`, with a state of its own. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";

export const PROJECT = resolve(import.meta.dirname, "../..");
const START_DEADLINE_MS = 180_000;

/** What another process needs to know of a running gateway. */
export interface GatewayAddress {
  readonly port: number;
  readonly rootToken: string;
  /** Where the local database and the rest are kept. */
  readonly state: string;
}

export interface Gateway extends GatewayAddress {
  /** The base URL of an environment. */
  base(environment: string): string;
  /** Calls the management API with the root token; the parsed body beside the status. */
  // biome-ignore lint/suspicious/noExplicitAny: tests say what they expect of it
  manage(method: string, path: string, body?: unknown): Promise<{ status: number; body: any }>;
  /** All that the gateway has printed. */
  output(): string;
  /** The line that it logged of a request, not a message about it. */
  logged(requestId: string): Promise<Record<string, unknown>>;
}

export interface RunningGateway extends Gateway {
  /** Ends it; its state stays until `forget`. */
  stop(): Promise<void>;
  forget(): void;
}

/**
 * `configText`: a gateway.config.ts. Imports in it are resolved from the project's folder, as in
 * `import base from "PROJECT/test/e2e/configs/base.ts"`.
 */
export async function startGateway(configText: string): Promise<RunningGateway> {
  const { state, config } = writeConfig(configText);
  const port = await freePort();
  const flags = ["--config", config, "--port", String(port), "--state", state, "--no-demo"];
  const child = spawn(process.execPath, ["bin/keygate.mjs", "dev", ...flags], { cwd: PROJECT });
  const exited = once(child, "exit");
  const printed = (wanted: string) =>
    new Promise<void>((found) => {
      let text = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (chunk) => {
          appendFileSync(outputFile(state), chunk);
          text += chunk;
          if (text.includes(wanted)) found();
        });
      }
    });
  await before(START_DEADLINE_MS, "no start", [
    printed("Ready on "),
    exited.then(() => Promise.reject(new Error(`keygate dev ended:\n${readFileSync(outputFile(state), "utf8")}`))),
  ]);
  return {
    ...gatewayAt({ port, state, rootToken: rootToken() }),
    async stop() {
      if (child.exitCode === null) child.kill("SIGTERM");
      await exited;
    },
    forget: () => rmSync(state, { recursive: true, force: true }),
  };
}

/** One that runs already, for example in another process. */
export function gatewayAt(address: GatewayAddress): Gateway {
  const { port, rootToken, state } = address;
  const output = () => stripVTControlCharacters(readFileSync(outputFile(state), "utf8"));
  return {
    ...address,
    base: (environment) => `http://127.0.0.1:${port}/${environment}`,
    async manage(method, path, body) {
      const response = await fetch(`http://localhost:${port}${path}`, {
        method,
        headers: { Authorization: `Bearer ${rootToken}` },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: await response.json() };
    },
    output,
    async logged(requestId) {
      const deadline = Date.now() + LOG_DEADLINE_MS;
      for (;;) {
        const line = wholeLines(output()).find(
          (text) => text.includes(requestId) && !text.includes('"kind":"message"'),
        );
        if (line) return JSON.parse(line.slice(line.indexOf("{")));
        if (Date.now() > deadline) throw new Error(`nothing was logged of ${requestId}`);
        await new Promise((later) => setTimeout(later, 20));
      }
    },
  };
}

/** What comes after the last line break can be the beginning of a line. */
export function wholeLines(output: string): string[] {
  return output.split("\n").slice(0, -1);
}

/** The output comes through pipes and another process. */
const LOG_DEADLINE_MS = 15_000;

/** A folder for a gateway's state, with the configuration in it. */
export function writeConfig(configText: string): { state: string; config: string } {
  const state = mkdtempSync(join(tmpdir(), "keygate-test-"));
  const config = join(state, "gateway.config.ts");
  writeFileSync(config, configText.replaceAll("PROJECT", PROJECT));
  writeFileSync(outputFile(state), "");
  return { state, config };
}

export function outputFile(state: string): string {
  return join(state, "output.log");
}

/** By this process: several servers that start at once must not get the same. */
const triedPorts = new Set<number>();

/** Workers of the tests have numbers from 1 on; what starts before them has none. */
const POOL_ID = Number(process.env.VITEST_POOL_ID ?? 0);
const PORTS_EACH = 2_000;
/** Of this process: another one cannot get a port that was found here, and is not listened to yet. */
const FIRST_PORT = 20_000 + PORTS_EACH * (POOL_ID % 5);

/** Below the range from which the system takes ports for outgoing connections, so that it stays free for a while. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS_EACH);
    if (triedPorts.has(port)) continue;
    triedPorts.add(port);
    if (await isFree(port)) return port;
  }
}

export async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  const free = await once(server, "listening").then(
    () => true,
    () => false,
  );
  if (free) await new Promise((closed) => server.close(closed));
  return free;
}

/** Settles as the first of `promises` does, or rejects after `ms`. */
export async function before<T>(ms: number, otherwise: string, promises: Promise<T>[]): Promise<T> {
  const late = new AbortController();
  const deadline = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => reject(new Error(`${otherwise} within ${ms} ms`)), ms);
    late.signal.addEventListener("abort", () => clearTimeout(timer));
  });
  try {
    return await Promise.race([...promises, deadline]);
  } finally {
    late.abort();
  }
}

/** The first token of .dev.vars, which `keygate dev` reads too. */
function rootToken(): string {
  const vars = readFileSync(join(PROJECT, ".dev.vars"), "utf8");
  return /^KEYGATE_ROOT_TOKEN\s*=\s*"?([^",\n]+)/m.exec(vars)?.[1] as string;
}
