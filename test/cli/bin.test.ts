import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { copyOfProject, keygate, PROJECT, temporaryFolder } from "./helpers.ts";

/** What node needs so that bin/keygate.mjs takes it for an older one. */
function posingAs(version: string): string[] {
  const pose = `Object.defineProperty(process.versions, "node", { value: "${version}" })`;
  return ["--import", `data:text/javascript,${encodeURIComponent(pose)}`];
}

async function runOn(version: string, project: string, ...args: string[]) {
  const command = [...posingAs(version), join(project, "bin", "keygate.mjs"), ...args];
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, command, (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr }));
  });
}

/** A checkout whose node_modules holds nothing but this script, in the place of the newer Node. */
function projectWithNode(script: string): string {
  const project = copyOfProject();
  const modules = join(project, "node_modules");
  rmSync(modules);
  mkdirSync(join(modules, "node", "bin"), { recursive: true });
  writeFileSync(join(modules, "node", "bin", "node"), script, { mode: 0o755 });
  return project;
}

test("says to run npm ci where the dependencies are missing", async () => {
  const project = copyOfProject();
  rmSync(join(project, "node_modules"));
  const { code, stderr } = await keygate(["check"], { project });
  expect([code, stderr]).toEqual([1, "keygate: the dependencies are not installed: run npm ci\n"]);
});

test("runs from any folder", async () => {
  const { code, stdout } = await keygate(["check"], { cwd: temporaryFolder() });
  expect([code, stdout]).toEqual([0, expect.stringContaining("gateway.config.ts: 2 environments")]);
});

test.each(["18.20.8", "16.0.0"])("refuses Node %s in one line", async (version) => {
  const { code, stderr } = await runOn(version, PROJECT, "check");
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^keygate: Node\.js 22\.18 or later is needed; .*\n$/)]);
});

test.each(["20.20.2", "22.17.1", "23.5.0"])("hands over from Node %s to the one in node_modules", async (version) => {
  const project = projectWithNode('#!/bin/sh\nshift\necho "newer node: $@"\nexit 7\n');
  const { code, stdout } = await runOn(version, project, "orgs", "show", "a b");
  expect([code, stdout]).toEqual([7, "newer node: orgs show a b\n"]);
});

test.each(["22.18.0", "23.6.0", "24.0.0", "26.1.0"])("stays on Node %s", async (version) => {
  expect(await runOn(version, PROJECT, "--version")).toMatchObject({ code: 0, stderr: "" });
});

test("says what to do where neither Node will do", async () => {
  const project = projectWithNode("");
  rmSync(join(project, "node_modules", "node"), { recursive: true });
  const { code, stderr } = await runOn("20.20.2", project, "check");
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/^keygate: node_modules has no Node\.js 24: run npm ci.*\n$/),
  ]);
});

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("passes %s on and ends as the newer Node ends", async (signal) => {
  const script = `process.on("${signal}", () => process.exit(7)); setInterval(() => {}, 1000); console.log("up");`;
  const project = projectWithNode(`#!${process.execPath}\n${script}\n`);
  const child = spawn(process.execPath, [...posingAs("20.20.2"), join(project, "bin", "keygate.mjs"), "dev"]);
  await once(child.stdout, "data");
  child.kill(signal);
  expect(await once(child, "close")).toEqual([7, null]);
});
