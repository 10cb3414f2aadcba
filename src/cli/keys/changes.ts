/** The commands that change an existing key. */

import type { Command } from "commander";
import type { Answer, Api } from "../gateway/api.ts";
import { call, example, ifMatch, told } from "../gateway/call.ts";
import { duration, id } from "../terminal/options.ts";
import { bodyOf, optionsToChange } from "./fields.ts";
import { changedLimits } from "./own-limits.ts";
import { KEYS_PATH } from "./path.ts";
import { type CreatedKey, inWords, type Key, rotatedInWords } from "./words.ts";

export function addKeyChanges(keys: Command): void {
  optionsToChange(
    keys
      .command("change")
      .description("change a key; fields that you do not name stay the same")
      .argument("<id>", "its id, key_…", id("key")),
  )
    .addOption(ifMatch())
    .addHelpText(
      "after",
      example("keys change key_9fK2 --scopes signatures:read,folders:read", "keys change key_9fK2 --plan scale"),
    )
    .action(
      call(
        (api, options: Record<string, unknown>, id) => change(api, `${KEYS_PATH}/${id}`, bodyOf(options)),
        (key, context) => `${told("Changed", context)}\n\n${inWords(key, context)}`,
      ),
    );

  keys
    .command("rotate")
    .description("give a key a new secret and show it once")
    .argument("<id>", "its id, key_…", id("key"))
    .requiredOption("--grace <duration>", "how long the old secret still works, at most 30d: 0, 15m, 24h, 7d", duration)
    .addOption(ifMatch())
    .addHelpText("after", example("keys rotate key_9fK2 --grace 24h"))
    .action(
      call(
        (api, { grace }: { grace: number }, id) =>
          api.post<CreatedKey>(`${KEYS_PATH}/${id}/rotate`, { grace_seconds: grace }),
        rotatedInWords,
      ),
    );

  keys
    .command("end-secret")
    .description("end an old secret of a key before its grace period does")
    .argument("<id>", "the key's id, key_…", id("key"))
    .argument("<secret>", "the secret's id, sec_…; `keys show` lists them", id("sec"))
    .addOption(ifMatch())
    .addHelpText("after", example("keys end-secret key_9fK2 sec_lk3x9a0b"))
    .action(
      call(
        (api, _, id, secret) => api.delete<Key>(`${KEYS_PATH}/${id}/secrets/${secret}`),
        (key, context) => `${told("Ended", context)}\n\n${inWords(key, context)}`,
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

async function change(api: Api, path: string, body: Record<string, unknown>): Promise<Answer<Key>> {
  if (!body.limits) return api.patch(path, body);
  const { body: key, version } = await api.get<Key>(path);
  // With the version that was read: a change between the two calls is not overwritten.
  return api.patch(path, { ...body, limits: changedLimits(key.limits, body.limits) }, version);
}
