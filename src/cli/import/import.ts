/** `keygate import`: keys of another system, by the SHA-256 digests of their secrets. */

import { resolve } from "node:path";
import { type Command, Option } from "commander";
import { PERMISSIONS, REACHES } from "../../domain/key.ts";
import type { Api } from "../gateway/api.ts";
import { apiOf, example, type GlobalOptions } from "../gateway/call.ts";
import { shown } from "../operate/project.ts";
import { EXIT_INTERRUPTED, Failure } from "../terminal/failure.ts";
import { onInterrupt } from "../terminal/interrupt.ts";
import { type Place, START } from "../terminal/lines.ts";
import { id, names } from "../terminal/options.ts";
import { count, grouped, wrapped } from "../terminal/render.ts";
import { check, complaintOf, type LineProblem } from "./check.ts";
import { type Checkpoint, checkPlace, doneOf, forgetCheckpoint, readCheckpoint } from "./checkpoint.ts";
import { type Source, sourceOf } from "./file.ts";
import { COLUMNS, type Defaults } from "./row.ts";
import { send } from "./send.ts";

interface Options {
  organization: string;
  environment: string;
  member?: string;
  reach?: string;
  permission?: string;
  scopes?: string[];
  skipInvalid?: boolean;
}

export function addImport(program: Command): void {
  program
    .command("import")
    .description("import keys of another system, by the SHA-256 digests of their secrets (root token only)")
    .argument("<file>", "one key per line: CSV with a header row, or JSON objects")
    .optionsGroup("Required:")
    .requiredOption("--organization <id>", "the organization, org_…", id("org"))
    .requiredOption("--environment <name>", "where the keys work, for example production")
    .optionsGroup("Defaults for lines that do not set the field:")
    .option("--member <id>", "the member that the keys act as, mem_…", id("mem"))
    .addOption(new Option("--reach <reach>", "organization or workspace").choices(REACHES))
    .addOption(new Option("--permission <permission>", "full-access or read-only").choices(PERMISSIONS))
    .option("--scopes <a,b>", "scopes and bundles", names)
    .optionsGroup("Options:")
    .option("--skip-invalid", "skip lines that cannot be imported instead of stopping")
    .addHelpText("after", FORMAT)
    .addHelpText(
      "after",
      example(
        "import keys.csv --organization org_2bX4 --environment production --member mem_7Qd1 \\\n" +
          "    --reach organization --permission full-access --scopes read:all",
      ),
    )
    .action(run);
}

const OTHERS = ["sha256", "name", "hint", "limits"];
const AS_IN_CREATE = COLUMNS.filter((name) => !OTHERS.includes(name));

const FORMAT = `
Columns (CSV) or fields (JSON):
  sha256         required: the digest of the secret, 64 hexadecimal digits
  name           required: what the key is for
  hint           what people can see of the secret, such as sk_…a1B2
${wrapped(AS_IN_CREATE.join(", "), 0, 70).replace(/^/gm, "  ")}
                 as in \`keys create\`; CSV has spaces between the items of a list
  limits         {"rates": [...], "quotas": [...]}; CSV has it as JSON

Keys that the gateway already has are skipped, so you can import a file
again. Ctrl-C ends the import after the current chunk. To resume, run the
same command again.`;

async function run(path: string, options: Options, command: Command): Promise<void> {
  const { json } = command.optsWithGlobals<GlobalOptions>();
  const api = apiOf(command);
  const source = sourceOf(resolve(path), options.organization, options.environment);
  const { stop, release } = onInterrupt();
  try {
    const kept = readCheckpoint(source, api.url);
    if (kept) note(`Resuming after line ${grouped(kept.line)} of ${path}.`);
    const records = await checkRest(source, kept ?? START, options, stop);
    const start = kept ?? { ...source, ...START, url: api.url, records, imported: 0, skipped: 0, invalid: 0 };
    checkPlace(source.file);
    const end = await finish(api, start, options, stop);
    const { imported, skipped, invalid } = end;
    console.log(json ? JSON.stringify({ imported, skipped, invalid }, null, 2) : inWords(end));
    forgetCheckpoint(source.file);
  } finally {
    release();
  }
}

/** Reads the file to its end before anything is sent, also if the import resumes. Returns how many records there are. */
async function checkRest(source: Source, from: Place, options: Options, stop: AbortSignal): Promise<number> {
  const { records, invalid, problems } = await check(source, from, defaultsOf(options), stop);
  if (stop.aborted) throw new Failure("Interrupted while checking; this run sent nothing.", EXIT_INTERRUPTED);
  if (invalid > 0) {
    const complaint = complaintOf(shown(source.file), invalid, problems);
    if (!options.skipInvalid)
      throw new Failure(`${complaint}\nThis run sent nothing. To import the other lines, add --skip-invalid.`);
    note(complaint);
  }
  return records;
}

/** Imports to the end of the file. If it stops earlier, it says what was done and how to resume. */
async function finish(api: Api, start: Checkpoint, options: Options, stop: AbortSignal): Promise<Checkpoint> {
  const refused: LineProblem[] = [];
  let reached = start;
  const onDone = (checkpoint: Checkpoint) => {
    reached = checkpoint;
  };
  const onInvalid = (problems: readonly LineProblem[]) => {
    if (!options.skipInvalid) throw new Failure(complaintOf(shown(start.file), problems.length, problems));
    refused.push(...problems);
  };
  try {
    const end = await send(api, start, { defaults: defaultsOf(options), stop, onInvalid, onDone });
    if (refused.length > 0) note(complaintOf(shown(start.file), refused.length, refused));
    if (doneOf(end) < end.records) throw new Failure("Interrupted.", EXIT_INTERRUPTED);
    return end;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const done =
      doneOf(reached) > 0
        ? `${grouped(doneOf(reached))} of ${count(reached.records, "key")} are done`
        : "No key was imported";
    const code = stop.aborted ? EXIT_INTERRUPTED : error.exitCode;
    throw new Failure(`${error.message}\n${done}. Run the same command again to resume.`, code);
  }
}

function defaultsOf({ member, reach, permission, scopes }: Options): Defaults {
  return { member_id: member, reach, permission, scopes };
}

function inWords({ imported, skipped, invalid }: Checkpoint): string {
  const others = [
    ...(skipped > 0 ? [`${grouped(skipped)} already existed`] : []),
    ...(invalid > 0 ? [`${count(invalid, "line")} left out`] : []),
  ];
  return [`Imported ${count(imported, "key")}`, ...others].join("; ").concat(".");
}

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}
