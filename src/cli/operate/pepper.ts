/** Peppers: the secrets that keys are hashed with, and how to replace one. */

import type { Command } from "commander";
import type { Answer } from "../gateway/api.ts";
import { apiOf, call, example, type GlobalOptions } from "../gateway/call.ts";
import { isLocal } from "../gateway/network.ts";
import { confirm } from "../terminal/ask.ts";
import { count, grouped, moment, shorten, table } from "../terminal/render.ts";
import { hintFor, inEnv } from "./environment.ts";
import { addPepperOrder, envOption, PEPPERS_PATH, type Pepper, pepperId, VARIABLE } from "./pepper-order.ts";

interface Retired {
  removed: number;
  has_more: boolean;
  lost_keys: number;
}

interface KeyUnderPepper {
  id: string;
  organization_id: string;
  name: string;
  last_used_at: string | null;
}

export function addPepper(program: Command): void {
  const pepper = program.command("pepper").description("peppers: the secrets that keys are hashed with");

  pepper
    .command("list")
    .description("list the peppers and how many secrets depend on each")
    .addHelpText("after", example("pepper list"))
    .action(
      call(
        (api) => api.get<{ data: Pepper[] }>(PEPPERS_PATH),
        ({ data }) => asTable(data),
      ),
    );

  pepper
    .command("keys")
    .description("list the keys that would stop working without a pepper")
    .argument("<id>", "its id, for example p1", pepperId)
    .addHelpText("after", example("pepper keys p1"))
    .action(
      call(
        (api, _, id) => api.list<KeyUnderPepper>(`${PEPPERS_PATH}/${id}/keys`),
        ({ data }) => keysAsTable(data),
      ),
    );

  addPepperOrder(pepper);

  pepper
    .command("retire")
    .description("delete what is stored under a replaced pepper")
    .argument("<id>", "its id, for example p1", pepperId)
    .option("--force", "also if keys stop working")
    .option("--yes", "with --force: do not ask for confirmation")
    .addOption(envOption())
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

function keysAsTable(keys: KeyUnderPepper[]): string {
  if (keys.length === 0) return "Every key works without it.";
  return table(
    ["Name", "Id", "Organization", "Last used"],
    keys.map(({ name, id, organization_id, last_used_at }) => [
      shorten(name, 40),
      id,
      organization_id,
      last_used_at === null ? "never" : moment(last_used_at),
    ]),
  );
}

interface RetireOptions {
  force?: boolean;
  yes?: boolean;
  env?: string;
}

async function retire(id: string, { force = false, yes, env }: RetireOptions, command: Command): Promise<void> {
  const { json } = command.optsWithGlobals<GlobalOptions>();
  const api = apiOf(command);
  if (force) await confirm(`Retire ${id}, and with it the keys that have no other pepper?`, yes);
  let removed = 0;
  let answer: Answer<Retired>;
  do {
    answer = await api.post<Retired>(`${PEPPERS_PATH}/${id}/retire`, { force });
    removed += answer.body.removed;
  } while (answer.body.has_more);
  const { lost_keys } = answer.body;
  if (json) return console.log(JSON.stringify({ removed, lost_keys }, null, 2));
  const lost = lost_keys > 0 ? ` ${count(lost_keys, "key")} will stop working.` : "";
  const next = isLocal(api.url)
    ? `Now remove ${id}:… from ${VARIABLE} in .dev.vars, and restart the gateway.`
    : hintFor(env, `Now set ${VARIABLE} again, without ${id}:…`, `npx wrangler secret put ${VARIABLE}${inEnv(env)}`);
  console.log(`Removed ${count(removed, "hash", "hashes")} of ${id}.${lost}\n\n${next}`);
}
