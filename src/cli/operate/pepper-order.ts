/** `keygate pepper add` and `use`: add a pepper to KEYGATE_PEPPERS, and put it first. */

import { randomBytes } from "node:crypto";
import { type Command, InvalidArgumentError, Option } from "commander";
import { readDevVars, writeDevVar } from "../dev/vars.ts";
import { NoAnswer } from "../gateway/answers.ts";
import type { Api } from "../gateway/api.ts";
import { apiOf, COMMAND, example, type GlobalOptions, sameGateway } from "../gateway/call.ts";
import { isLocal } from "../gateway/network.ts";
import { EXIT_WRONG_USAGE, Failure } from "../terminal/failure.ts";
import { fromEnvironment } from "../terminal/given.ts";
import { hint, strong } from "../terminal/render.ts";
import { hintFor, inEnv } from "./environment.ts";
import { inProject } from "./project.ts";

export interface Pepper {
  id: string;
  status: "current" | "retiring" | "inactive";
  secrets: number;
  secrets_under_it_alone: number;
}

export const PEPPERS_PATH = "/v1/peppers";
export const VARIABLE = "KEYGATE_PEPPERS";

const WHERE = `
For a local gateway the command changes .dev.vars. For a deployed one it prints the value to set.
It prints the whole value if ${VARIABLE} in the environment has the current one, and
refuses if that has other peppers than the gateway.`;

export function addPepperOrder(pepper: Command): void {
  pepper
    .command("add")
    .description("create a new pepper, behind the one in use")
    .addOption(envOption())
    .addHelpText("after", WHERE)
    .addHelpText("after", example("pepper add"))
    .action(add);

  pepper
    .command("use")
    .description("hash new secrets with this pepper, once every gateway knows it")
    .argument("<id>", "its id, for example p2", pepperId)
    .addOption(envOption())
    .addHelpText("after", WHERE)
    .addHelpText("after", example("pepper use p2"))
    .action(use);
}

interface Options {
  env?: string;
}

/** Where the printed commands set the secret. */
export function envOption(): Option {
  return new Option("--env <name>", "the environment of wrangler.toml that the gateway is deployed from");
}

async function add({ env }: Options, command: Command): Promise<void> {
  const { json } = command.optsWithGlobals<GlobalOptions>();
  const api = apiOf(command);
  const now = peppersNow(api);
  const known = await peppersOf(api);
  const active = activeIn(known);
  if (active.length > 1 || (isLocal(api.url) && now.length > 1)) {
    const list = `${COMMAND} pepper list${sameGateway(command)}`;
    throw new Failure(`${VARIABLE} already holds two peppers. Retire the older one first: ${list}`);
  }
  if (!isLocal(api.url)) refuseOthers(now, active);
  const id = nextId([...known.map((pepper) => pepper.id), ...now.map(idOf)]);
  const pepper = `${id}:${randomBytes(32).toString("base64url")}`;
  // Last: no secret must be hashed with it before every gateway knows it.
  const value = isLocal(api.url) || now.length > 0 ? [...now, pepper].join(",") : undefined;
  const done = set(api, env, value, [
    hint("The new pepper. Save it: it is not shown again.", strong(pepper)),
    hint(`Set ${VARIABLE} to its present value, a comma, and this:`, `<present value>,${id}:…`),
  ]);
  if (json) return console.log(JSON.stringify({ id, pepper, value: value ?? null }, null, 2));
  const next = `${COMMAND} pepper use ${id}${inEnv(env)}${sameGateway(command)}`;
  console.log(
    `${done}\n\nKeys are still hashed with the old pepper. When the new value is deployed everywhere:\n\n  ${next}`,
  );
}

async function use(id: string, { env }: Options, command: Command): Promise<void> {
  const { json } = command.optsWithGlobals<GlobalOptions>();
  const api = apiOf(command);
  const now = peppersNow(api);
  const chosen = now.find((pepper) => idOf(pepper) === id);
  if (!chosen && (now.length > 0 || isLocal(api.url))) {
    throw new Failure(`${VARIABLE} has no ${id}. It has: ${now.map(idOf).join(", ") || "nothing"}.`, EXIT_WRONG_USAGE);
  }
  if (!isLocal(api.url)) {
    const active = activeIn(await peppersOf(api));
    refuseOthers(now, active);
    if (!active.includes(id)) throw new Failure(`The gateway has no ${id}. It has: ${active.join(", ")}.`);
  }
  const others = now.filter((pepper) => pepper !== chosen);
  const value = chosen && [chosen, ...others].join(",");
  const done = set(api, env, value, [hint(`Put ${id} first in ${VARIABLE}:`, `${id}:…,p…:…`)]);
  if (json) return console.log(JSON.stringify({ id, value: value ?? null }, null, 2));
  const old = others[0] ? idOf(others[0]) : "<id>";
  const next = ["list", `keys ${old}`, `retire ${old}${inEnv(env)}`].map(
    (words) => `  ${COMMAND} pepper ${words}${sameGateway(command)}`,
  );
  const when = "Then new keys are hashed with it, and existing keys when they are next used. When few are left:";
  console.log([done, when, next.join("\n")].join("\n\n"));
}

/** The gateway's current value, if it is known here. */
function peppersNow(api: Api): string[] {
  const text = isLocal(api.url) ? readDevVars(inProject(".dev.vars"))[VARIABLE] : fromEnvironment(VARIABLE);
  return (text ?? "").split(",").flatMap((pepper) => (/^\s*[\w-]+:/.test(pepper) ? pepper.trim() : []));
}

/** A local gateway does not have to run for this. */
async function peppersOf(api: Api): Promise<Pepper[]> {
  try {
    return (await api.get<{ data: Pepper[] }>(PEPPERS_PATH)).body.data;
  } catch (error) {
    if (isLocal(api.url) && error instanceof NoAnswer) return [];
    throw error;
  }
}

const activeIn = (peppers: Pepper[]) => peppers.flatMap(({ id, status }) => (status === "inactive" ? [] : id));

/** Without a pepper that a deployed gateway has, the keys under it would get 401. `active`: its ids. */
function refuseOthers(now: string[], active: string[]): void {
  const ids = now.map(idOf);
  if (ids.length === 0 || ids.toSorted().join() === active.toSorted().join()) return;
  throw new Failure(
    `${VARIABLE} in the environment has ${ids.join(", ")}, but the gateway has ${active.join(", ")}. Both must have the same value first.`,
  );
}

const idOf = (pepper: string) => pepper.slice(0, pepper.indexOf(":"));

function nextId(known: string[]): string {
  const numbers = known.map((id) => Number(/^p(\d+)$/.exec(id)?.[1] ?? 0));
  return `p${Math.max(0, ...numbers) + 1}`;
}

/** Writes the value for a local gateway, or says how to set it. `otherwise`: for when the whole value is not known. */
function set(api: Api, env: string | undefined, value: string | undefined, otherwise: string[]): string {
  if (isLocal(api.url) && value) {
    writeDevVar(inProject(".dev.vars"), VARIABLE, value);
    return `.dev.vars now has ${value.split(",").map(idOf).join(", then ")}. Restart the gateway.`;
  }
  const whole = value && [hint(`The whole value of ${VARIABLE}. Save it: it is not shown again.`, strong(value))];
  const how = hintFor(
    env,
    "Set it, and paste the value when asked:",
    `npx wrangler secret put ${VARIABLE}${inEnv(env)}`,
  );
  return [...(whole ?? otherwise), how].join("\n\n");
}

export function pepperId(text: string): string {
  if (/^[\w-]{1,32}$/.test(text)) return text;
  throw new InvalidArgumentError("Give the id of a pepper, for example p1.");
}
