/** `create-keygate`: creates a project with a gateway. */

import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { cancel, intro, outro, select, text } from "@clack/prompts";
import { filesOf, modelOf } from "./files.ts";
import { MODELS } from "./models.ts";

const USAGE = `Usage: create-keygate [folder] [options]

Options:
  --model <name>       ${Object.keys(MODELS).join(", ")}
  --packages <folder>  take Keygate from the tarballs in this folder
  --no-install         do not run npm install
  -h, --help           show this text
`;

const HERE = import.meta.dirname;
/** Keygate's repository, or the copy of what is needed from it. */
const REPOSITORY = existsSync(join(HERE, "repository")) ? join(HERE, "repository") : dirname(HERE);
const TEMPLATE = join(HERE, "template");

try {
  await run();
} catch (error) {
  process.stderr.write(`create-keygate: ${(error as Error).message}\n`);
  process.exitCode = 1;
}

async function run(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      model: { type: "string" },
      packages: { type: "string" },
      "no-install": { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return void process.stdout.write(USAGE);
  if (positionals.length > 1) throw new Error(`Name one folder.\n\n${USAGE}`);
  const isComplete = positionals[0] !== undefined && values.model !== undefined;
  if (!isComplete && !process.stdin.isTTY) throw new Error(`Name a folder and a model.\n\n${USAGE}`);
  if (!isComplete) intro("A gateway with Keygate");
  const folder = resolve(positionals[0] ?? (await askFolder()));
  if (existsSync(folder) && readdirSync(folder).length > 0) throw new Error(`${folder} is not empty.`);
  const model = values.model ?? (await askModel());
  modelOf(model);
  write(folder, model, values.packages);
  if (!values["no-install"]) install(folder);
  const steps = [`cd ${relative(process.cwd(), folder) || "."}`, ...(values["no-install"] ? ["npm install"] : [])];
  const next = `Next:\n  ${[...steps, "npm test", "npm start"].join("\n  ")}`;
  if (isComplete) console.log(next);
  else outro(next);
}

async function askFolder(): Promise<string> {
  return answer(await text({ message: "Where?", placeholder: "./my-gateway", defaultValue: "./my-gateway" }));
}

async function askModel(): Promise<string> {
  const options = Object.entries(MODELS).map(([value, { title }]) => ({ value, label: value, hint: title }));
  return answer(await select({ message: "Which kind of API?", options }));
}

function answer(given: string | symbol): string {
  if (typeof given === "string") return given;
  cancel("Nothing was created.");
  process.exit(130);
}

function write(folder: string, model: string, packages: string | undefined): void {
  const name =
    basename(folder)
      .toLowerCase()
      .replace(/[^a-z0-9-]+/g, "-")
      .replace(/^-+|-+$/g, "") || "gateway";
  const version: string = JSON.parse(readFileSync(join(REPOSITORY, "package.json"), "utf8")).version;
  mkdirSync(folder, { recursive: true });
  const from = (wanted: string) =>
    packages ? copyTarball(packages, `${wanted}-${version}.tgz`, folder) : `^${version}`;
  const wanted = { name, model, keygate: from("keygate"), keygateOrigin: from("keygate-origin") };
  for (const [path, content] of filesOf(wanted, REPOSITORY, TEMPLATE)) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}

/** Into the project, so that it can be installed from its own files. */
function copyTarball(packages: string, tarball: string, folder: string): string {
  mkdirSync(join(folder, "packages"), { recursive: true });
  copyFileSync(join(packages, tarball), join(folder, "packages", tarball));
  return `file:packages/${tarball}`;
}

function install(folder: string): void {
  const { status } = spawnSync("npm", ["install", "--no-audit", "--no-fund"], { cwd: folder, stdio: "inherit" });
  if (status !== 0) throw new Error(`npm install failed in ${folder}.`);
}
