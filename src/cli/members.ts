import type { Command } from "commander";
import { COMMAND, call, example } from "./call.ts";
import { id, names } from "./options.ts";
import { day, hint, list, moment, record, shorten, table } from "./render.ts";

export interface Member {
  id: string;
  organization_id: string;
  email: string;
  name: string;
  role: string;
  workspace_ids: string[];
  created_at: string;
}

interface CreateOptions {
  organization: string;
  email: string;
  name: string;
  role: string;
  workspaces?: string[];
}

const PATH = "/v1/members";

export function addMembers(program: Command): void {
  const members = program.command("members").description("members: the people of an organization");

  members
    .command("create")
    .description("create a member")
    .optionsGroup("Required:")
    .requiredOption("--organization <id>", "the organization, org_…", id("org"))
    .requiredOption("--email <address>", "their e-mail address")
    .requiredOption("--name <name>", "their name")
    .requiredOption("--role <role>", "a role of the gateway's configuration, for example owner")
    .optionsGroup("Options:")
    .option("--workspaces <a,b>", "the ids of the workspaces that they belong to", names)
    .addHelpText(
      "after",
      example("members create --organization org_2bX4 --email ada@acme.example --name Ada --role owner"),
    )
    .action(
      call(
        (api, { organization, email, name, role, workspaces }: CreateOptions) =>
          api.post<Member>(PATH, { organization_id: organization, email, name, role, workspace_ids: workspaces }),
        (made) => `Created.\n\n${inWords(made)}`,
      ),
    );

  members
    .command("list")
    .description("list the members of an organization")
    .optionsGroup("Required:")
    .requiredOption("--organization <id>", "the organization, org_…", id("org"))
    .addHelpText("after", example("members list --organization org_2bX4"))
    .action(
      call(
        (api, { organization }: { organization: string }) => api.list<Member>(PATH, { organization_id: organization }),
        ({ data }) => asTable(data),
      ),
    );
}

function asTable(members: Member[]): string {
  if (members.length === 0) {
    const command = `${COMMAND} members create --organization <id> --email <address> --name <name> --role owner`;
    return hint("No members yet. Make the first:", command);
  }
  return table(
    ["Name", "Role", "Workspaces", "Created"],
    members.map(({ name, email, id, role, workspace_ids, created_at }) => [
      [shorten(name, 36), shorten(email, 36), id],
      role,
      workspace_ids.length > 0 ? workspace_ids : "none",
      day(created_at),
    ]),
  );
}

function inWords(member: Member): string {
  return record([
    ["Id", member.id],
    ["Name", member.name],
    ["E-mail", member.email],
    ["Role", member.role],
    ["Workspaces", list(member.workspace_ids, "none")],
    ["Organization", member.organization_id],
    ["Created", moment(member.created_at)],
  ]);
}
