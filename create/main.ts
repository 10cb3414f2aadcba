/** `create-keygate`: creates a project with a gateway. */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
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
  refuseUsed(folder);
  const model = values.model ?? (await askModel());
  modelOf(model);
  write(folder, model, values.packages);
  if (!values["no-install"]) install(folder);
  const steps = [`cd ${near(folder)}`, ...(values["no-install"] ? ["npm install"] : [])];
  const next = `Next:\n  ${[...steps, "npm test", "npm start"].join("\n  ")}`;
  if (isComplete) console.log(next);
  else outro(next);
}

function near(folder: string): string {
  return relative(process.cwd(), folder) || ".";
}

function refuseUsed(folder: string): void {
  if (!existsSync(folder) || readdirSync(folder).length === 0) return;
  const next = existsSync(join(folder, "gateway.config.ts"))
    ? `It has a project. If only its packages are missing: cd ${near(folder)} && npm install`
    : "Name another folder.";
  throw new Error(`${folder} is not empty. ${next}`);
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
  const tarballOf = (wanted: string) => `packages/${wanted}-${version}.tgz`;
  const from = (wanted: string) => (packages === undefined ? `^${version}` : `file:${tarballOf(wanted)}`);
  const wanted = { name, model, keygate: from("keygate"), keygateOrigin: from("keygate-origin") };
  const files = new Map<string, string | Buffer>(filesOf(wanted, REPOSITORY, TEMPLATE));
  // In the project, so that it can be installed from its own files.
  const tarballs = packages === undefined ? [] : ["keygate", "keygate-origin"].map(tarballOf);
  for (const path of tarballs) files.set(path, readFileSync(join(packages as string, basename(path))));
  // All is read before anything is written: a folder with a part of a project would block a second try.
  for (const [path, content] of files) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}

function install(folder: string): void {
  const { status } = spawnSync("npm", ["install", "--no-audit", "--no-fund"], { cwd: folder, stdio: "inherit" });
  if (status === 0) return;
  throw new Error(
    `npm install failed. The project is complete otherwise. Next:\n\n  cd ${near(folder)} && npm install`,
  );
}
