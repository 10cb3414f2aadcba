/** Runs wrangler quietly, on the same Node as this command. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { Failure } from "../terminal/failure.ts";
import { inProject, ROOT, shown } from "./project.ts";

const SETTINGS = {
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  // The banner checks for updates over the network.
  WRANGLER_HIDE_BANNER: "true",
  // Its log files and traces hold whole URLs, and so any key in a URL.
  WRANGLER_WRITE_LOGS: "false",
  X_LOCAL_OBSERVABILITY: "false",
  NO_COLOR: "1",
};

const LEASH = fileURLToPath(new URL(`./leash${extname(import.meta.url)}`, import.meta.url));

/** `stop` ends it, after it has cleaned up. No process of it outlives this one. */
export function startWrangler(args: string[], stop: AbortSignal, env: Record<string, string> = {}): ChildProcess {
  stop.throwIfAborted();
  const { FORCE_COLOR: _, ...inherited } = process.env;
  const child = spawn(process.execPath, [LEASH, wranglerScript(), ...args], {
    cwd: ROOT,
    env: { ...inherited, ...SETTINGS, ...env },
    // The leash learns from the closed channel that this process has ended.
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    detached: true,
  });
  stop.addEventListener("abort", () => child.kill());
  child.once("exit", () => endGroup(child));
  return child;
}

/** What was left behind by a process of the group that was killed. */
function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // The usual case: no process is left.
  }
}

/** What is used of esbuild: https://esbuild.github.io/api/#build */
interface Bundler {
  build(options: object): Promise<{ outputFiles: { text: string }[]; metafile: { inputs: Record<string, unknown> } }>;
  /** Ends its process. */
  stop(): Promise<void>;
}

/** The bundler that the project's wrangler depends on, so that both read a file alike. */
export function bundlerOfWrangler(): Bundler {
  return createRequire(manifestOfWrangler())("esbuild");
}

function wranglerScript(): string {
  return join(dirname(manifestOfWrangler()), "bin", "wrangler.js");
}

/** Of the project's own wrangler, which can also be in a folder above it. */
function manifestOfWrangler(): string {
  try {
    return createRequire(inProject("package.json")).resolve("wrangler/package.json");
  } catch {
    throw new Failure(`${shown(ROOT)} has no wrangler. Install it: npm install --save-dev wrangler`);
  }
}

/** Runs it to its end, and returns what it wrote to stdout. Throws a `Failure` with its last output. */
export async function runWrangler(args: string[], stop: AbortSignal): Promise<string> {
  const child = startWrangler(args, stop);
  const said: string[] = [];
  const out: string[] = [];
  child.stdout?.on("data", (chunk) => out.push(String(chunk)));
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => said.push(String(chunk)));
  const [code] = await once(child, "close");
  if (code === 0) return out.join("");
  const lines = stripVTControlCharacters(said.join(""))
    .split("\n")
    .filter((line) => line.trim() !== "");
  throw new Failure([`wrangler ${args.slice(0, 3).join(" ")} failed:`, ...lines.slice(-12)].join("\n"));
}
