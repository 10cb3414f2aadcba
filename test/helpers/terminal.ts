/** The gateway as people start it: in a terminal, with the demo's data. */

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify, stripVTControlCharacters } from "node:util";
import { before, PROJECT } from "./gateway.ts";

const DEADLINE_MS = 90_000;

/** As in a terminal: without what npx has put in front of it all. */
const SURROUNDINGS = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_|VITEST|FORCE_COLOR)/.test(name))),
  PATH: (process.env.PATH ?? "")
    .split(":")
    .filter((folder) => !folder.includes("node_modules"))
    .join(":"),
};

export interface Started {
  readonly child: ChildProcess;
  output(): string;
  /** The exit code, once it has ended. */
  readonly ended: Promise<number | null>;
}

export const npmStart = (...flags: string[]) => start("npm", ["start", "--", ...flags]);
/** What it runs. */
export const keygateDev = (...flags: string[]) => start("node", ["bin/keygate.mjs", "dev", ...flags]);

function start(command: string, args: string[]): Started {
  const child = spawn(command, args, { cwd: PROJECT, env: SURROUNDINGS, detached: true });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (text += chunk));
  const ended = once(child, "close").then(([code]) => code as number | null);
  return { child, ended, output: () => stripVTControlCharacters(text) };
}

export async function untilReady({ child, output, ended }: Started): Promise<void> {
  const ready = async () => {
    while (!output().includes("Ready on ")) await once(child.stdout as NodeJS.ReadableStream, "data");
  };
  const failed = ended.then(() => Promise.reject(new Error(output())));
  await before(DEADLINE_MS, "not ready", [ready(), failed]);
}

/** What a terminal does on Ctrl-C: it signals all that runs in it. */
export function pressCtrlC({ child }: Started): void {
  process.kill(-(child.pid as number), "SIGINT");
}

/** The commands printed under a status that they promise. */
export function trials(output: string): { promised: number; command: string }[] {
  return [...output.matchAll(/^(\d{3}) {2}.*\n((?: {2}.*\n)+)/gm)].map(([, status, command]) => ({
    promised: Number(status),
    command: command as string,
  }));
}

export async function paste(command: string): Promise<string> {
  return (await promisify(execFile)("bash", ["-c", command], { cwd: PROJECT, env: SURROUNDINGS })).stdout;
}
