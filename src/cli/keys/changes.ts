/** The commands that change an existing key. */

import { type Command, Option } from "commander";
import { PERMISSIONS } from "../../domain/key.ts";
import { call, example, ifMatch, told } from "../gateway/call.ts";
import { duration, id, names, orNone, quotas, rates, time } from "../terminal/options.ts";
import { KEYS_PATH } from "./path.ts";
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
  /** False with --no-limits; commander sets true otherwise. */
  limits?: boolean;
  addresses?: string[] | false;
}

export function addKeyChanges(keys: Command): void {
  keys
    .command("change")
    .description("change a key; fields that you do not name stay the same")
    .argument("<id>", "its id, key_…", id("key"))
    .option("--name <name>", "what the key is for")
    .option("--description <text>", "a longer description")
    .option("--no-description", "remove the description")
    .addOption(new Option("--permission <permission>", "full-access or read-only").choices(PERMISSIONS))
    .option("--scopes <a,b>", "replace its scopes and bundles", names)
    .option("--workspaces <a,b>", "replace the workspaces that it reaches", names)
    .option("--expires <time>", "when it expires: a day (2027-01-31) or a time (2027-01-31T18:00:00Z)", time)
    .option("--plan <plan>", "its own plan")
    .option("--no-plan", "its organization's plan")
    .option("--rates <a,b>", "with --quotas, replace its own limits: minute=60/60 is 60 in 60 seconds", rates)
    .option("--quotas <a,b>", "with --rates, replace its own limits: day=1000/day", quotas)
    .option("--no-limits", "remove its own limits; its plan's limits still apply")
    .option("--addresses <a,b>", "only these client addresses can use it", names)
    .option("--no-addresses", "any client address can use it")
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
    .description("give a key a new secret and show it once")
    .argument("<id>", "its id, key_…", id("key"))
    .requiredOption("--grace <duration>", "how long the old secret still works: 0, 15m, 24h, 7d", duration)
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
    ["disable", "Disabled", "disable a key until it is enabled again"],
    ["enable", "Enabled", "enable a disabled key"],
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
