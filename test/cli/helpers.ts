/** The command as its users run it, and a server that plays the management API. */

import { type ChildProcess, fork, spawn } from "node:child_process";
import { on, once } from "node:events";
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { onTestFinished } from "vitest";
import type { Answered, Asked } from "./one-process.ts";

export const PROJECT = resolve(import.meta.dirname, "../..");
export const TOKEN = "kgr_canary-5f0c1d2e3b4a59687786958473625140ffeeddcc";

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

interface Surroundings {
  /** Beside `SET`, nothing else is set. */
  env?: Record<string, string>;
  project?: string;
  cwd?: string;
  /** What stdin holds. */
  input?: string;
  /** Called with the process that runs. */
  begun?: (child: ChildProcess) => void;
}

const SET = {
  PATH: process.env.PATH,
  XDG_CONFIG_HOME: join(tmpdir(), "keygate-cli-without-profiles"),
  // A copy of the project need not be compiled again: https://nodejs.org/api/module.html#portability-of-the-compile-cache
  NODE_COMPILE_CACHE_PORTABLE: "1",
};

/** Runs `keygate` to its end. */
export async function keygate(
  args: string[],
  { env = {}, project = PROJECT, cwd = project, input = "", begun }: Surroundings = {},
): Promise<Outcome> {
  const child = spawn(process.execPath, [join(project, "bin", "keygate.mjs"), ...args], {
    cwd,
    env: { ...SET, ...env },
  });
  begun?.(child);
  child.stdin.end(input);
  const outcome: Outcome = { code: null, stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => (outcome.stdout += chunk));
  child.stderr.on("data", (chunk) => (outcome.stderr += chunk));
  [outcome.code] = await once(child, "close");
  return outcome;
}

let others: { child: ChildProcess; ended: AbortSignal; asked: number } | undefined;

/**
 * Runs `keygate` to its end in a process that runs other commands too, one after another: starting a process is most of what a
 * command takes. commands.test.ts holds that both do the same.
 */
export async function command(
  args: string[],
  { env = {}, cwd = PROJECT, input = "" }: Omit<Surroundings, "project" | "begun"> = {},
): Promise<Outcome> {
  others ??= startOthers();
  const { child, ended } = others;
  const id = ++others.asked;
  const answers = on(child, "message", { signal: ended });
  child.send({ id, args, cwd, input, env: { ...SET, ...env } } satisfies Asked);
  for await (const [{ id: answered, ...outcome }] of answers as AsyncIterable<[Answered]>) {
    if (answered === id) return outcome;
  }
  throw new Error("unreachable: the answers have no end");
}

function startOthers() {
  const child = fork(join(import.meta.dirname, "one-process.ts"), { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const controller = new AbortController();
  child.once("exit", (code) => controller.abort(new Error(`the process of the commands ended with ${code}`)));
  return { child, ended: controller.signal, asked: 0 };
}

/** What it writes to a terminal, as people see it there, in 100 columns. */
export async function keygateOnTerminal(args: string[], env: Record<string, string>): Promise<string> {
  const command = [process.execPath, join(PROJECT, "bin", "keygate.mjs"), ...args].join(" ");
  const child = spawn("script", ["-qefc", `stty cols 100; ${command}`, "/dev/null"], {
    env: { ...SET, TERM: "xterm", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (chunk) => (text += chunk));
  await once(child, "close");
  return stripVTControlCharacters(text);
}

export interface Call {
  method: string;
  /** With its query. */
  path: string;
  headers: IncomingHttpHeaders;
  body: unknown;
}

type Reply = { status?: number; type?: string; headers?: Record<string, string>; body: unknown };

export interface FakeApi {
  url: string;
  calls: Call[];
}

/** Answers each call as told until the test ends; a string is sent as it is, anything else as JSON. */
export async function startApi(answer: (call: Call) => Reply | Promise<Reply>): Promise<FakeApi> {
  const calls: Call[] = [];
  const server = createServer(async (request, response) => {
    const text = (await request.toArray()).join("");
    const { method = "", url: path = "", headers } = request;
    const call = { method, path, headers, body: text === "" ? undefined : JSON.parse(text) };
    calls.push(call);
    const { status = 200, type = "application/json", headers: more, body } = await answer(call);
    response.writeHead(status, { "Content-Type": type, ...more });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls };
}

/** A folder that is gone when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "keygate-cli-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A checkout of its own, for tests that would change this one. */
export function copyOfProject(): string {
  const folder = temporaryFolder();
  for (const name of [
    "assets",
    "bin",
    "src",
    "examples",
    "migrations",
    "package.json",
    "wrangler.toml",
    "gateway.config.ts",
  ]) {
    cpSync(join(PROJECT, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(PROJECT, "node_modules"), join(folder, "node_modules"));
  return folder;
}

const ID = "0123456789abcdef0123456789abcdef";
const CREATED = "2026-11-20T14:01:36.750Z";

export const ORGANIZATION = {
  id: `org_${ID}`,
  name: "Acme",
  plan: null,
  environments: ["production", "sandbox"],
  key_quota: null,
  status: "active",
  trial_started_at: null,
  created_at: CREATED,
};

export const WORKSPACE = { id: `ws_${ID}`, organization_id: ORGANIZATION.id, name: "Berlin", created_at: CREATED };

export const MEMBER = {
  id: `mem_${ID}`,
  organization_id: ORGANIZATION.id,
  email: "olga@acme.example",
  name: "Olga",
  role: "owner",
  workspace_ids: [WORKSPACE.id],
  created_at: CREATED,
  last_signed_in_at: null,
};

export const KEY = {
  id: `key_${ID}`,
  organization_id: ORGANIZATION.id,
  member_id: MEMBER.id,
  environment: "sandbox",
  reach: "organization",
  workspace_ids: [],
  permission: "full-access",
  scopes: ["signatures:read", "signatures:write", "folders:read", "integrations:read"],
  name: "ci-pipeline",
  description: null,
  plan: null,
  limits: null,
  allowed_addresses: [],
  hint: "kg_test_…a1B2",
  secrets: [{ id: "sec_mi7u1h8u", hint: "kg_test_…a1B2", created_at: CREATED, expires_at: null }],
  status: "active",
  created_at: CREATED,
  expires_at: "2027-11-20T14:01:36.750Z",
  last_used_at: null,
  revoked_at: null,
};

export const SECRET = `kg_test_${"Ab3".repeat(12)}`;
