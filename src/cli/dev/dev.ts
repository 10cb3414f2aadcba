/** `keygate dev`: the gateway on this machine, with the Workers that it calls. */

import { join, resolve } from "node:path";
import { type Command, Option } from "commander";
import { compile } from "../../config/compile.ts";
import { withLocalBaseUrls } from "../../config/local.ts";
import type { GatewayConfig } from "../../config/types.ts";
import { Api } from "../gateway/api.ts";
import { example } from "../gateway/call.ts";
import { localConnection } from "../gateway/connection.ts";
import { checkedConfig } from "../operate/checked-config.ts";
import { DEFAULT_CONFIG, inProject } from "../operate/project.ts";
import { complain } from "../terminal/complain.ts";
import { conceal, EXIT_WRONG_USAGE, Failure } from "../terminal/failure.ts";
import { fileFailure } from "../terminal/file-failure.ts";
import { port } from "../terminal/options.ts";
import { followAncestors } from "./ancestors.ts";
import { copyOf, keepCopy } from "./config-copy.ts";
import { type Demo, makeSignInLinks, prepareDemo, type SignInLinks } from "./demo.ts";
import { missingForDemo } from "./demo-needs.ts";
import { followMain, writeEntry } from "./entry.ts";
import { writeOriginConfigs } from "./origins.ts";
import { requireFreePort, serve } from "./server.ts";
import { takeState } from "./state.ts";
import { ensureDevVars } from "./vars.ts";
import { welcome } from "./welcome.ts";

interface Options {
  config?: string;
  port: number;
  state: string;
  demo: boolean;
}

export function addDev(program: Command): void {
  const state = new Option("--state <folder>", "keep the local database and other state here");
  program
    .command("dev")
    .description("run the gateway on this machine, with a demo to try (npm start)")
    .option("--config <file>", "use this file instead of gateway.config.ts, without the demo's data")
    .option("--port <number>", "listen on this port of 127.0.0.1", port, 8787)
    .addOption(state.default(inProject(".wrangler", "state"), ".wrangler/state"))
    .option("--no-demo", "without the demo's data")
    .addHelpText("after", example("dev --port 9000"))
    .action(dev);
}

async function dev(options: Options, command: Command): Promise<void> {
  if (command.optsWithGlobals().json) {
    throw new Failure("dev prints a log, which has no JSON form. Remove --json.", EXIT_WRONG_USAGE);
  }
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => stop.abort());
  followAncestors(() => stop.abort());
  try {
    await run(options, stop.signal);
  } catch (error) {
    if (!stop.signal.aborted) throw fileFailure(error, "Fix that, and start again.") ?? error;
  }
}

async function run(options: Options, stop: AbortSignal): Promise<void> {
  const { port } = options;
  const { file, config: written } = await checkedConfig(options.config ?? DEFAULT_CONFIG);
  const config = withLocalBaseUrls(written, port);
  const control = config.control.baseUrls[0] as string;
  const state = resolve(options.state);
  const madeVars = prepare(written, port);
  await requireFreePort(port);
  process.once("exit", takeState(state));
  console.log("Starting …");
  const copy = copyOf(file, port);
  const release = await keepCopy({ file, copy, accept: (changed) => prepare(changed, port) });
  const settings = { entry: writeEntry(copy, port), origins: writeOriginConfigs(config, port), port, state, control };
  const onReady = async () => {
    const wanted = options.demo && options.config === undefined;
    const demo = wanted ? await demoOrComplaint(control, config, state, stop) : undefined;
    process.stdout.write(welcome({ file, config, demo, madeVars }));
    process.stdout.write(`Ready on ${control}\n`);
  };
  const unfollow = followMain(copy, port, (error) => complain(`${(error as Error).message}\n`));
  await serve(settings, stop, onReady).finally(unfollow).finally(release);
}

/** What a configuration needs on this machine. Returns whether .dev.vars was created. */
function prepare(written: GatewayConfig, port: number): boolean {
  compile(withLocalBaseUrls(written, port));
  return ensureDevVars(inProject(".dev.vars"), Object.keys(written.environments));
}

/** The demo is an extra: if it does not fit the configuration, the gateway runs without it. */
async function demoOrComplaint(
  control: string,
  config: GatewayConfig,
  state: string,
  stop: AbortSignal,
): Promise<{ data: Demo; links: SignInLinks } | undefined> {
  const missing = missingForDemo(config);
  if (missing.length > 0) {
    const needs = `The demo's data needs ${missing.join(", ")}, which gateway.config.ts does not have.`;
    process.stderr.write(`${needs} Starting without the demo; --no-demo skips this message.\n`);
    return undefined;
  }
  try {
    const api = new Api(localConnection(control));
    const data = await prepareDemo(api, config, join(state, "keygate-demo.json"));
    return { data, links: await makeSignInLinks(api, data) };
  } catch (error) {
    stop.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(conceal(`Could not create the demo's data. To start without it, add --no-demo.\n${reason}\n`));
    return undefined;
  }
}
