/** A gateway that a test starts, and every process that came with it. */

import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as later } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { freePort, isFree } from "../../helpers/gateway.ts";
import { copyOfProject } from "../helpers.ts";

const READY_MS = 90_000;
const GONE_MS = 15_000;

export interface Process {
  pid: number;
  parent: number;
  args: string;
}

export interface Local {
  child: ChildProcess;
  port: number;
  state: string;
  project: string;
  stdout(): string;
  stderr(): string;
  /** Resolves once its stdout or stderr has this. */
  said(words: string): Promise<void>;
  /** The exit code, or the signal that ended it. */
  ended: Promise<number | string>;
  /** All processes below it that run now. */
  family(): Process[];
}

interface Start {
  project?: string;
  state?: string;
  port?: number;
  /** Instead of `node bin/keygate.mjs dev`. */
  command?: string[];
  flags?: string[];
  options?: SpawnOptions;
}

export async function startLocal(start: Start = {}): Promise<Local> {
  const project = start.project ?? copyOfProject();
  const port = start.port ?? (await freePort());
  const state = start.state ?? folder();
  const [file = "", ...args] = start.command ?? [process.execPath, "bin/keygate.mjs", "dev"];
  const flags = start.flags ?? ["--no-demo", "--port", String(port), "--state", state];
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|VITEST|NODE_)/.test(name)));
  const child = spawn(file, [...args, ...flags], { cwd: project, env, ...start.options });
  const text = { stdout: "", stderr: "" };
  child.stdout?.on("data", (chunk) => (text.stdout += chunk));
  child.stderr?.on("data", (chunk) => (text.stderr += chunk));
  const ended = once(child, "exit").then(([code, signal]) => (code ?? signal) as number | string);
  const family = () => familyOf(child.pid as number);
  const seen = new Map<number, string>();
  onTestFinished(() => {
    for (const { pid, args } of family()) seen.set(pid, args);
    for (const [pid, args] of seen) if (processes().some((one) => one.pid === pid && one.args === args)) kill(pid);
  });
  const said = async (words: string) => {
    const deadline = Date.now() + READY_MS;
    while (!(text.stdout + text.stderr).includes(words)) {
      if (Date.now() > deadline) throw new Error(`never said ${words}:\n${text.stdout}${text.stderr}`);
      await later(50);
    }
    for (const { pid, args } of family()) seen.set(pid, args);
  };
  return { child, port, state, project, stdout: () => text.stdout, stderr: () => text.stderr, said, ended, family };
}

/** Rejects if one of them still runs after a while, or if the port is still taken. */
export async function allGone({ port }: Local, family: readonly Process[]): Promise<void> {
  const deadline = Date.now() + GONE_MS;
  for (;;) {
    const running = processes();
    const left = family.filter(({ pid, args }) => running.some((one) => one.pid === pid && one.args === args));
    const taken = !(await isFree(port));
    if (left.length === 0 && !taken) return;
    if (Date.now() > deadline) {
      throw new Error(
        `still there (port taken: ${taken}):\n${left.map(({ pid, args }) => `${pid} ${args}`).join("\n")}`,
      );
    }
    await later(50);
  }
}

/** Without those that have ended and wait for their parent. */
function processes(): Process[] {
  const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid=,stat=,args="], { encoding: "utf8" }).split("\n");
  return lines.flatMap((line) => {
    const [, pid, parent, stat, args] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return args === undefined || stat?.startsWith("Z") ? [] : [{ pid: Number(pid), parent: Number(parent), args }];
  });
}

function familyOf(root: number): Process[] {
  const all = processes();
  const below = (pid: number): Process[] =>
    all.filter(({ parent }) => parent === pid).flatMap((child) => [child, ...below(child.pid)]);
  return [...all.filter(({ pid }) => pid === root), ...below(root)];
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {}
}

export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "keygate-local-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export async function ready(
  start: Parameters<typeof startLocal>[0] = {},
): Promise<{ local: Local; family: Process[] }> {
  const local = await startLocal(start);
  await local.said("Ready on ");
  return { local, family: local.family() };
}
