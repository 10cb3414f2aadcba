import { type Command, Option } from "commander";
import { PERMISSIONS, REACHES } from "../domain/key.ts";
import { call, example } from "./call.ts";
import { asTable, type CreatedKey, createdInWords, inWords, type Key, revokedInWords } from "./key-words.ts";
import { id, names, time } from "./options.ts";

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
}

export const KEYS_PATH = "/v1/api-keys";

export function addKeys(program: Command): void {
  const keys = program.command("keys").description("API keys");

  keys
    .command("create")
    .description("create a key and show its secret, this once")
    .optionsGroup("Required:")
    .requiredOption("--organization <id>", "the organization, org_…", id("org"))
    .requiredOption("--environment <name>", "where the key works, for example sandbox")
    .addOption(new Option("--reach <reach>", "what the key reaches").choices(REACHES).makeOptionMandatory())
    .addOption(new Option("--permission <permission>", "what it may do").choices(PERMISSIONS).makeOptionMandatory())
    .requiredOption("--scopes <a,b>", "scopes and bundles, for example signatures:read", names)
    .requiredOption("--name <name>", "what the key is for, for example ci-pipeline")
    .optionsGroup("Options:")
    .option("--member <id>", "the member that the key acts as, mem_…", id("mem"))
    .option("--workspaces <a,b>", "the ids of the workspaces that a workspace key reaches", names)
    .option("--description <text>", "more about it")
    .option("--expires <time>", "its end: a day (2027-01-31) or a time (2027-01-31T18:00:00Z)", time)
    .option("--plan <plan>", "a plan of the gateway's configuration (default: its organization's)")
    .addHelpText(
      "after",
      example(
        "keys create --organization org_2bX4 --member mem_7Qd1 --environment sandbox \\\n" +
          "    --reach organization --permission full-access --scopes signatures:read --name ci-pipeline",
      ),
    )
    .action(
      call(
        (api, { organization, member, workspaces, expires, ...rest }: CreateOptions) =>
          api.post<CreatedKey>(KEYS_PATH, {
            organization_id: organization,
            member_id: member,
            workspace_ids: workspaces,
            expires_at: expires,
            ...rest,
          }),
        createdInWords,
      ),
    );

  keys
    .command("list")
    .description("list the keys of an organization")
    .optionsGroup("Required:")
    .requiredOption("--organization <id>", "the organization, org_…", id("org"))
    .optionsGroup("Options:")
    .option("--environment <name>", "those of one environment")
    .addHelpText("after", example("keys list --organization org_2bX4 --environment sandbox"))
    .action(
      call(
        (api, { organization, environment }: { organization: string; environment?: string }) =>
          api.list<Key>(KEYS_PATH, { organization_id: organization, environment }),
        ({ data }) => asTable(data),
      ),
    );

  keys
    .command("show")
    .description("show a key, without its secret")
    .argument("<id>", "its id, key_…", id("key"))
    .addHelpText("after", example("keys show key_9fK2"))
    .action(call((api, _, id) => api.get<Key>(`${KEYS_PATH}/${id}`), inWords));

  keys
    .command("revoke")
    .description("end a key, for good")
    .argument("<id>", "its id, key_…", id("key"))
    .option("--reason <text>", "why, for the audit log")
    .addHelpText("after", example('keys revoke key_9fK2 --reason "left in a public repository"'))
    .action(
      call(
        (api, { reason }: { reason?: string }, id) => api.post<Key>(`${KEYS_PATH}/${id}/revoke`, { reason }),
        revokedInWords,
      ),
    );
}
