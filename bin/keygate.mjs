#!/usr/bin/env node
// Plain JavaScript, so that an old Node can say what is missing. The command itself is src/cli/main.ts.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

const modules = fileURLToPath(new URL("../node_modules", import.meta.url));
const newerNode = fileURLToPath(new URL("../node_modules/node/bin/node", import.meta.url));
const [major, minor] = process.versions.node.split(".").map(Number);
const runsTypeScript = major > 23 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18);

if (major < 20) {
  fail(`Node.js 20 or later is needed; this is ${process.version}.`);
} else if (!existsSync(modules)) {
  fail("the dependencies are not installed: run npm ci");
} else if (runsTypeScript) {
  // Reading TypeScript is most of what a short command does.
  module.enableCompileCache?.(fileURLToPath(new URL("../node_modules/.cache/keygate", import.meta.url)));
  await import("../src/cli/main.ts");
} else if (existsSync(newerNode)) {
  continueOnNewerNode();
} else {
  fail("node_modules has no Node.js 24: run npm ci, with its install scripts, or use Node.js 22.18 or later");
}

function continueOnNewerNode() {
  const child = spawn(newerNode, process.argv.slice(1), { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => fail(`${newerNode} does not start: ${error.message}`));
  child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}

function fail(sentence) {
  process.stderr.write(`keygate: ${sentence}\n`);
  process.exitCode = 1;
}
