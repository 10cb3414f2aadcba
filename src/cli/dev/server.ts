/** `wrangler dev`, from its start to its end. */

import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { MINUTE_MS } from "../../domain/durations.ts";
import { runWrangler, startWrangler } from "../operate/wrangler.ts";
import { wranglerFile } from "../operate/wrangler-file.ts";
import { Failure } from "../terminal/failure.ts";
import { DevOutput } from "./output.ts";

const START_DEADLINE_MS = MINUTE_MS;
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
  await runWrangler(["d1", "migrations", "apply", "DB", "--local", "--persist-to", state], stop);
  const output = new DevOutput();
  const child = startWrangler(devArguments(settings), stop, { WRANGLER_REGISTRY_PATH: join(state, "registry") });
  output.follow(child);
  const died = once(child, "close").then(([code]) => {
    throw new Failure(`wrangler dev ended with exit code ${code}. ${output.lastWords}`);
  });
  try {
    await Promise.race([died, untilHealthy(control, stop).then(onReady)]);
    output.showWorkers();
    await died;
  } finally {
    child.kill();
    await died.catch(() => {});
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
    // Otherwise the routes in wrangler.toml replace the host that the client named.
    "--infer-origin-from-routes=false",
  ];
}

async function untilHealthy(control: string, stop: AbortSignal): Promise<void> {
  const deadline = Date.now() + START_DEADLINE_MS;
  while (Date.now() < deadline) {
    const response = await fetch(`${control}/healthz`, { signal: stop }).catch(() => undefined);
    if (response?.ok) return;
    await setTimeout(POLL_MS, undefined, { signal: stop });
  }
  throw new Failure(`The gateway did not answer at ${control}/healthz within ${START_DEADLINE_MS / 1000} s.`);
}
