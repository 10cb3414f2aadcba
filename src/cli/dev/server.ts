/** `wrangler dev`, from its start to its end. */

import { EventEmitter, once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { MINUTE_MS } from "../../domain/durations.ts";
import { runWrangler, startWrangler } from "../operate/wrangler.ts";
import { wranglerFile } from "../operate/wrangler-file.ts";
import { Failure } from "../terminal/failure.ts";
import { DevOutput } from "./output.ts";
import { damaged } from "./state.ts";

const START_DEADLINE_MS = MINUTE_MS;
const RESTART_DEADLINE_MS = 15_000;
const POLL_MS = 100;

interface Settings {
  entry: string;
  /** The wrangler files of the Workers that it calls. */
  origins: string[];
  port: number;
  /** Where the local database and the rest are kept. */
  state: string;
  /** The control base URL, once it is up. */
  control: string;
}

/** Serves until `stop` is aborted, or throws a `Failure`. Calls `onReady` once, when the gateway answers. */
export async function serve(settings: Settings, stop: AbortSignal, onReady: () => Promise<void>): Promise<void> {
  const { state, control } = settings;
  await migrate(state, stop);
  const crashed = new EventEmitter();
  const output = new DevOutput(stop, () => crashed.emit("crash"));
  const child = startWrangler(devArguments(settings), stop, { WRANGLER_REGISTRY_PATH: join(state, "registry") });
  output.follow(child);
  const died = once(child, "close").then(([code]) => {
    throw new Failure(`wrangler dev ended with exit code ${code}. ${output.lastWords}`);
  });
  try {
    await Promise.race([died, untilStarted(control, stop).then(onReady)]);
    output.showWorkers();
    await Promise.race([died, untilStuck(crashed, control, stop)]);
  } finally {
    child.kill();
    await died.catch(() => {});
  }
}

async function migrate(state: string, stop: AbortSignal): Promise<void> {
  try {
    await runWrangler(["d1", "migrations", "apply", "DB", "--local", "--persist-to", state], stop);
  } catch (error) {
    if (!/malformed|not a database|SQLITE_(CORRUPT|NOTADB)/.test(String(error))) throw error;
    throw damaged(join(state, "v3", "d1"), state);
  }
}

export async function requireFreePort(port: number): Promise<void> {
  for (const host of ["127.0.0.1", "::1"]) {
    const server = createServer().listen(port, host);
    const taken = await once(server, "listening").then(
      () => false,
      (error: NodeJS.ErrnoException) => error.code === "EADDRINUSE",
    );
    if (taken) throw new Failure(`Port ${port} is in use. Choose another one, for example --port ${port + 1}.`);
    if (server.listening) await once(server.close(), "close");
  }
}

function devArguments({ entry, origins, port, state }: Settings): string[] {
  const configs = [wranglerFile(), ...origins];
  return [
    ...["dev", entry, ...configs.flatMap((file) => ["-c", file])],
    ...["--ip", "127.0.0.1", "--port", String(port), "--inspector-port", "0", "--persist-to", state],
    // Minifying takes time, and makes stacks hard to read.
    "--minify=false",
    // Otherwise the routes in wrangler.toml replace the host that the client named.
    "--infer-origin-from-routes=false",
  ];
}

async function untilStarted(control: string, stop: AbortSignal): Promise<void> {
  if (await isHealthyWithin(START_DEADLINE_MS, control, stop)) return;
  throw new Failure(`The gateway did not answer at ${control}/healthz within ${START_DEADLINE_MS / 1000} s.`);
}

/** Wrangler restarts a runtime that crashed. But when its own server crashes, every request hangs from then on. */
async function untilStuck(crashed: EventEmitter, control: string, stop: AbortSignal): Promise<never> {
  for (;;) {
    await once(crashed, "crash", { signal: stop });
    process.stderr.write("The local runtime crashed. Restarting it …\n");
    if (await isHealthyWithin(RESTART_DEADLINE_MS, control, stop)) continue;
    throw new Failure("The local server crashed, and wrangler cannot restart it. Start it again.");
  }
}

async function isHealthyWithin(milliseconds: number, control: string, stop: AbortSignal): Promise<boolean> {
  const late = AbortSignal.timeout(milliseconds);
  const signal = AbortSignal.any([stop, late]);
  while (!late.aborted) {
    const response = await fetch(`${control}/healthz`, { signal }).catch(() => undefined);
    if (response?.ok) return true;
    await setTimeout(POLL_MS, undefined, { signal: stop });
  }
  return false;
}
