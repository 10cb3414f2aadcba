/** What is done to a key that exists. */

import { type Command, Option } from "commander";
import { PERMISSIONS } from "../../domain/key.ts";
import { call, example, ifMatch, told } from "../gateway/call.ts";
import { duration, id, names, orNone, quotas, rates, time } from "../terminal/options.ts";
import { KEYS_PATH } from "./keys.ts";
import { type CreatedKey, inWords, type Key, rotatedInWords } from "./words.ts";

interface ChangeOptions {
  name?: string;
  description?: string | false;
  permission?: string;
  scopes?: string[];
  workspaces?: string[];
  expires?: string;
  plan?: string | false;
  rates?: object[];
  quotas?: object[];
  /** By --no-limits; commander says true where it is not given. */
  limits?: boolean;
  addresses?: string[] | false;
}

export function addKeyChanges(keys: Command): void {
  keys
    .command("change")
    .description("change a key; what is not named stays as it is")
    .argument("<id>", "its id, key_…", id("key"))
    .option("--name <name>", "what the key is for")
    .option("--description <text>", "more about it")
    .option("--no-description", "nothing more about it")
    .addOption(new Option("--permission <permission>", "what it may do").choices(PERMISSIONS))
    .option("--scopes <a,b>", "all of its scopes and bundles from now on", names)
    .option("--workspaces <a,b>", "all of the workspaces that it reaches from now on", names)
    .option("--expires <time>", "its end: a day, 2027-01-31, or a time, 2027-01-31T18:00:00Z", time)
    .option("--plan <plan>", "a plan of its own")
    .option("--no-plan", "its organization's plan")
    .option("--rates <a,b>", "with --quotas all limits of its own: minute=60/60 is 60 in 60 seconds", rates)
    .option("--quotas <a,b>", "with --rates all limits of its own: day=1000/day", quotas)
    .option("--no-limits", "no limits but its plan's")
    .option("--addresses <a,b>", "the only client addresses that may use it", names)
    .option("--no-addresses", "any client address")
    .addOption(ifMatch())
    .addHelpText(
      "after",
      example("keys change key_9fK2 --scopes signatures:read,folders:read", "keys change key_9fK2 --plan scale"),
    )
    .action(
      call(
        (api, options: ChangeOptions, id) => api.patch<Key>(`${KEYS_PATH}/${id}`, changeOf(options)),
        (key, context) => `${told("Changed", context)}\n\n${inWords(key, context)}`,
      ),
    );

  keys
    .command("rotate")
    .description("give a key a new secret, and show it this once")
    .argument("<id>", "its id, key_…", id("key"))
    .requiredOption("--grace <duration>", "how long the old secret goes on: 0, 15m, 24h, 7d", duration)
    .addOption(ifMatch())
    .addHelpText("after", example("keys rotate key_9fK2 --grace 24h"))
    .action(
      call(
        (api, { grace }: { grace: number }, id) =>
          api.post<CreatedKey>(`${KEYS_PATH}/${id}/rotate`, { grace_seconds: grace }),
        rotatedInWords,
      ),
    );

  for (const [verb, done, what] of [
    ["disable", "Disabled", "switch a key off, until it is enabled again"],
    ["enable", "Enabled", "switch a key on again"],
  ] as const) {
    keys
      .command(verb)
      .description(what)
      .argument("<id>", "its id, key_…", id("key"))
      .addOption(ifMatch())
      .addHelpText("after", example(`keys ${verb} key_9fK2`))
      .action(
        call(
          (api, _, id) => api.post<Key>(`${KEYS_PATH}/${id}/${verb}`, {}),
          (key, context) => `${told(done, context)}\n\n${inWords(key, context)}`,
        ),
      );
  }
}

function changeOf({
  description,
  plan,
  limits,
  rates,
  quotas,
  workspaces,
  expires,
  addresses,
  ...rest
}: ChangeOptions) {
  return {
    ...rest,
    description: orNone(description),
    plan: orNone(plan),
    limits: rates || quotas ? { rates, quotas } : limits === false ? null : undefined,
    workspace_ids: workspaces,
    expires_at: expires,
    allowed_addresses: addresses === false ? [] : addresses,
  };
}
