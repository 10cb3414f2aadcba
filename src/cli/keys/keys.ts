import { type Command, Option } from "commander";
import { call, example } from "../gateway/call.ts";
import { id } from "../terminal/options.ts";
import { addAdvice } from "./advice.ts";
import { addKeyChanges } from "./changes.ts";
import { bodyOf, optionsToCreate } from "./fields.ts";
import { filterQuery, filters, type KeyFilters, SORTS } from "./filters.ts";
import { KEYS_PATH } from "./path.ts";
import { addRevoke } from "./revoke.ts";
import { addUnused } from "./unused.ts";
import { asTable, type CreatedKey, createdInWords, inWords, type Key } from "./words.ts";

export function addKeys(program: Command): void {
  const keys = program.command("keys").description("API keys");

  optionsToCreate(keys.command("create").description("create a key and show its secret once"))
    .addHelpText(
      "after",
      example(
        "keys create --organization org_2bX4 --member mem_7Qd1 --environment sandbox \\\n" +
          "    --reach organization --permission full-access --scopes signatures:read --name ci-pipeline",
      ),
    )
    .action(
      call((api, options: Record<string, unknown>) => api.post<CreatedKey>(KEYS_PATH, bodyOf(options)), createdInWords),
    );

  const list = keys
    .command("list")
    .description("list the keys of an organization")
    .optionsGroup("Required:")
    .requiredOption("--organization <id>", "the organization, org_…", id("org"));
  filters(list)
    .addOption(new Option("--sort <by>", "the order; add - to reverse it").choices(SORTS))
    .addHelpText(
      "after",
      example(
        "keys list --organization org_2bX4 --environment sandbox",
        "keys list --organization org_2bX4 --status active --sort last_used_at",
      ),
    )
    .action(
      call(
        (api, options: KeyFilters & { sort?: string }) =>
          api.list<Key>(KEYS_PATH, { ...filterQuery(options), sort: options.sort }),
        ({ data }) => asTable(data),
      ),
    );

  keys
    .command("show")
    .description("show a key, without its secret")
    .argument("<id>", "its id, key_…", id("key"))
    .addHelpText("after", example("keys show key_9fK2"))
    .action(call((api, _, id) => api.get<Key>(`${KEYS_PATH}/${id}`), inWords));

  addKeyChanges(keys);
  addRevoke(keys);
  addAdvice(keys);
  addUnused(keys);
}
