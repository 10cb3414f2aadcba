/** Peppers: the secrets that keys are hashed with, and how one takes the place of another. */

import { randomBytes } from "node:crypto";
import type { Command } from "commander";
import { type Answer, type Api, isLocal, NoAnswer } from "./api.ts";
import { confirm } from "./ask.ts";
import { apiOf, COMMAND, call, example, type GlobalOptions } from "./call.ts";
import { readDevVars, writeDevVar } from "./dev-vars.ts";
import { EXIT_WRONG_USAGE, Failure } from "./failure.ts";
import { inProject } from "./project.ts";
import { count, grouped, hint, strong, table } from "./render.ts";

interface Pepper {
  id: string;
  status: "current" | "retiring" | "inactive";
  secrets: number;
  secrets_under_it_alone: number;
}

interface Retired {
  removed: number;
  has_more: boolean;
  lost_keys: number;
}

const PATH = "/v1/peppers";
const VARIABLE = "KEYGATE_PEPPERS";

export function addPepper(program: Command): void {
  const pepper = program.command("pepper").description("peppers: what the hashes of keys are made with");

  pepper
    .command("list")
    .description("list the peppers, and how many secrets hang on each")
    .addHelpText("after", example("pepper list"))
    .action(
      call(
        (api) => api.get<{ data: Pepper[] }>(PATH),
        ({ data }) => asTable(data),
      ),
    );

  pepper
    .command("add")
    .description("make a new pepper, to take the place of the current one")
    .addHelpText(
      "after",
      `\nFor a local gateway it is written into .dev.vars. For a deployed one it is printed,
with what to do; give the value that ${VARIABLE} has now in the environment,
and the value to set is printed whole.`,
    )
    .addHelpText("after", example("pepper add"))
    .action(add);

  pepper
    .command("retire")
    .description("remove what is stored under a pepper that was replaced")
    .argument("<id>", "its id, for example p1")
    .option("--force", "also where keys stop working with it")
    .option("--yes", "with --force: do not ask")
    .addHelpText("after", example("pepper retire p1"))
    .action(retire);
}

function asTable(peppers: Pepper[]): string {
  return table(
    ["Pepper", "Status", "Secrets", "Would stop working without it"],
    peppers.map(({ id, status, secrets, secrets_under_it_alone: alone }) => [
      id,
      status,
      grouped(secrets),
      status === "current" ? "all" : grouped(alone),
    ]),
  );
}

async function add(_: unknown, command: Command): Promise<void> {
  const { json } = command.optsWithGlobals<GlobalOptions>();
  const api = apiOf(command);
  const local = isLocal(api.url);
  const file = inProject(".dev.vars");
  const now = local ? readDevVars(file)[VARIABLE] : process.env[VARIABLE];
  const known = [...(await idsOf(api, local)), ...idsWithin(now)];
  if (idsWithin(now).length > 1) {
    throw new Failure(`${VARIABLE} holds two peppers already. Retire the older one first: ${COMMAND} pepper list`);
  }
  const id = nextId(known);
  const pepper = `${id}:${randomBytes(32).toString("base64url")}`;
  const value = now ? `${pepper},${now.trim()}` : undefined;
  if (local) writeDevVar(file, VARIABLE, value ?? pepper);
  if (json) return console.log(JSON.stringify({ id, pepper, value: value ?? null }, null, 2));
  console.log(local ? addedInWords(id, known) : toSetInWords(pepper, value, known));
}

/** A local gateway need not run for this. */
async function idsOf(api: Api, local: boolean): Promise<string[]> {
  try {
    return (await api.get<{ data: Pepper[] }>(PATH)).body.data.map(({ id }) => id);
  } catch (error) {
    if (local && error instanceof NoAnswer) return [];
    throw error;
  }
}

function idsWithin(peppers = ""): string[] {
  return peppers.split(",").flatMap((pepper) => /^\s*([\w-]+):/.exec(pepper)?.[1] ?? []);
}

function nextId(known: string[]): string {
  const numbers = known.map((id) => Number(/^p(\d+)$/.exec(id)?.[1] ?? 0));
  return `p${Math.max(0, ...numbers) + 1}`;
}

function addedInWords(id: string, known: string[]): string {
  return [`${id} is in .dev.vars, in front. Start the gateway again to use it.`, ...afterwards(known)].join("\n\n");
}

function toSetInWords(pepper: string, value: string | undefined, known: string[]): string {
  const steps = [
    value
      ? hint(`The value of ${VARIABLE}, whole. Keep it; it is not shown again.`, strong(value))
      : [
          hint("The new pepper. Keep it; it is not shown again.", strong(pepper)),
          hint(`${VARIABLE} is to be this, a comma, and what it is now:`, `${pepper.split(":")[0]}:…,<what it is now>`),
        ].join("\n\n"),
    hint("Set it, and paste the value when you are asked:", `npx wrangler secret put ${VARIABLE}`),
  ];
  return [...steps, ...afterwards(known)].join("\n\n");
}

function afterwards(known: string[]): string[] {
  const [old = "<id>"] = known.slice(-1);
  return [
    "New keys are hashed with it at once, the others when they are next used. Once few are left:",
    `  ${COMMAND} pepper list\n  ${COMMAND} pepper retire ${old}`,
  ];
}

interface RetireOptions {
  force?: boolean;
  yes?: boolean;
}

async function retire(id: string, { force = false, yes }: RetireOptions, command: Command): Promise<void> {
  if (!/^[\w-]{1,32}$/.test(id)) throw new Failure("Give the id of a pepper, for example p1.", EXIT_WRONG_USAGE);
  const { json } = command.optsWithGlobals<GlobalOptions>();
  const api = apiOf(command);
  if (force) await confirm(`Retire ${id}, and with it the keys that have no other?`, yes);
  let removed = 0;
  let answer: Answer<Retired>;
  do {
    answer = await api.post<Retired>(`${PATH}/${id}/retire`, { force });
    removed += answer.body.removed;
  } while (answer.body.has_more);
  const { lost_keys } = answer.body;
  if (json) return console.log(JSON.stringify({ removed, lost_keys }, null, 2));
  const lost = lost_keys > 0 ? ` ${count(lost_keys, "key")} will stop working.` : "";
  const next = isLocal(api.url)
    ? `Now take ${id}:… out of ${VARIABLE} in .dev.vars, and start the gateway again.`
    : hint(`Now set ${VARIABLE} again, with no ${id}:… in it:`, `npx wrangler secret put ${VARIABLE}`);
  console.log(`Removed ${count(removed, "hash", "hashes")} of ${id}.${lost}\n\n${next}`);
}
