#!/usr/bin/env node
// Plain JavaScript, so that an old Node can say what is missing. The command itself is src/cli/main.ts in a clone of the
// repository, and dist/cli/main.js where the package is installed. Both read the project's gateway.config.ts.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";
import { constants } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const isClone = existsSync(new URL("../src/cli/main.ts", import.meta.url));
const modules = fileURLToPath(new URL("../node_modules", import.meta.url));
const newerNode = findNode();
const [major, minor] = process.versions.node.split(".").map(Number);
const runsTypeScript = major > 23 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18);

if (major < 20) {
  fail(`Node.js 22.18 or later is needed; this is ${process.version}.`);
} else if (isClone && !existsSync(modules)) {
  fail("the dependencies are not installed: run npm ci");
} else if (runsTypeScript) {
  // Reading TypeScript is most of what a short command does.
  module.enableCompileCache?.(isClone ? join(modules, ".cache", "keygate") : undefined);
  await import(isClone ? "../src/cli/main.ts" : "../dist/cli/main.js");
} else if (newerNode) {
  continueOnNewerNode();
} else {
  const install = isClone ? "npm ci" : "npm install --save-dev node@24";
  fail(`node_modules has no Node.js 24: run ${install}, with its install scripts, or use Node.js 22.18 or later`);
}

/** The package `node`, beside this one or in the project of the current folder. */
function findNode() {
  const places = [fileURLToPath(import.meta.url), ...(isClone ? [] : [join(process.cwd(), "keygate")])];
  for (const from of places) {
    try {
      return module.createRequire(from).resolve("node/bin/node");
    } catch {}
  }
}

function continueOnNewerNode() {
  // The closed channel tells the child that this process was killed.
  const child = spawn(newerNode, process.argv.slice(1), { stdio: ["inherit", "inherit", "inherit", "ipc"] });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => fail(`${newerNode} does not start: ${error.message}`));
  child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}

function fail(sentence) {
  process.stderr.write(`keygate: ${sentence}\n`);
  process.exitCode = 1;
}
