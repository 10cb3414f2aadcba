import { type Command, Option } from "commander";
import { PERMISSIONS, REACHES } from "../../domain/key.ts";
import { call, example } from "../gateway/call.ts";
import { id, names, quotas, rates, time } from "../terminal/options.ts";
import { addAdvice } from "./advice.ts";
import { addKeyChanges } from "./changes.ts";
import { filterQuery, filters, type KeyFilters, SORTS } from "./filters.ts";
import { KEYS_PATH } from "./path.ts";
import { addRevoke } from "./revoke.ts";
import { asTable, type CreatedKey, createdInWords, inWords, type Key } from "./words.ts";

interface CreateOptions {
  organization: string;
  member?: string;
  environment: string;
  reach: string;
  workspaces?: string[];
  permission: string;
  scopes: string[];
  name: string;
  description?: string;
  expires?: string;
  plan?: string;
  rates?: object[];
  quotas?: object[];
  addresses?: string[];
}

export function addKeys(program: Command): void {
  const keys = program.command("keys").description("API keys");

  keys
    .command("create")
    .description("create a key and show its secret once")
    .optionsGroup("Required:")
    .requiredOption("--organization <id>", "the organization, org_…", id("org"))
    .requiredOption("--environment <name>", "where the key works, for example sandbox")
    .addOption(new Option("--reach <reach>", "organization or workspace").choices(REACHES).makeOptionMandatory())
    .addOption(
      new Option("--permission <permission>", "full-access or read-only").choices(PERMISSIONS).makeOptionMandatory(),
    )
    .requiredOption("--scopes <a,b>", "scopes and bundles, for example signatures:read", names)
    .requiredOption("--name <name>", "what the key is for, for example ci-pipeline")
    .optionsGroup("Options:")
    .option("--member <id>", "the member that the key acts as, mem_…", id("mem"))
    .option("--workspaces <a,b>", "the ids of the workspaces that a workspace key reaches", names)
    .option("--description <text>", "a longer description")
    .option("--expires <time>", "when it expires: a day (2027-01-31) or a time (2027-01-31T18:00:00Z)", time)
    .option("--plan <plan>", "a plan from the configuration (default: the organization's plan)")
    .option("--rates <a,b>", "its own rates, to lower the plan's: minute=60/60 is 60 in 60 seconds", rates)
    .option("--quotas <a,b>", "its own quotas: day=1000/day", quotas)
    .option("--addresses <a,b>", "only these client addresses can use it, for example 203.0.113.0/24", names)
    .addHelpText(
      "after",
      example(
        "keys create --organization org_2bX4 --member mem_7Qd1 --environment sandbox \\\n" +
          "    --reach organization --permission full-access --scopes signatures:read --name ci-pipeline",
      ),
    )
    .action(
      call(
        (api, { organization, member, workspaces, expires, rates, quotas, addresses, ...rest }: CreateOptions) =>
          api.post<CreatedKey>(KEYS_PATH, {
            organization_id: organization,
            member_id: member,
            workspace_ids: workspaces,
            expires_at: expires,
            limits: rates || quotas ? { rates, quotas } : undefined,
            allowed_addresses: addresses,
            ...rest,
          }),
        createdInWords,
      ),
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
}
