import type { Command } from "commander";
import type { MemberAnswer } from "../../records/member.ts";
import { COMMAND, call, example, ifMatch, told } from "../gateway/call.ts";
import { id, names } from "../terminal/options.ts";
import { day, grouped, hint, list, moment, record, shorten, table } from "../terminal/render.ts";
import { addSessions } from "./sessions.ts";

export type Member = MemberAnswer;

interface CreateOptions {
  organization: string;
  email: string;
  name: string;
  role: string;
  workspaces?: string[];
}

interface ChangeOptions {
  name?: string;
  role?: string;
  workspaces?: string[] | false;
}

const PATH = "/v1/members";

export function addMembers(program: Command): void {
  const members = program.command("members").description("members: the people of an organization");

  members
    .command("create")
    .description("create a member")
    .optionsGroup("Required:")
    .requiredOption("--organization <id>", "the organization, org_…", id("org"))
    .requiredOption("--email <address>", "their email address")
    .requiredOption("--name <name>", "their name")
    .requiredOption("--role <role>", "a role from the configuration, for example owner")
    .optionsGroup("Options:")
    .option("--workspaces <a,b>", "the ids of their workspaces", names)
    .addHelpText(
      "after",
      example("members create --organization org_2bX4 --email ada@acme.example --name Ada --role owner"),
    )
    .action(
      call(
        (api, { organization, email, name, role, workspaces }: CreateOptions) =>
          api.post<Member>(PATH, { organization_id: organization, email, name, role, workspace_ids: workspaces }),
        (made, context) => `Created.\n\n${inWords(made, context)}`,
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
        ({ data }, _, { organization }) => asTable(data, organization),
      ),
    );

  members
    .command("show")
    .description("show a member")
    .argument("<id>", "their id, mem_…", id("mem"))
    .addHelpText("after", example("members show mem_7Qd1"))
    .action(call((api, _, id) => api.get<Member>(`${PATH}/${id}`), inWords));

  members
    .command("change")
    .description("change a member, and so the keys that act as them")
    .argument("<id>", "their id, mem_…", id("mem"))
    .option("--name <name>", "their name")
    .option("--role <role>", "a role from the configuration")
    .option("--workspaces <a,b>", "replace their workspaces", names)
    .option("--no-workspaces", "remove them from all workspaces")
    .addOption(ifMatch())
    .addHelpText("after", example("members change mem_7Qd1 --role admin"))
    .action(
      call(
        (api, { workspaces, ...rest }: ChangeOptions, id) =>
          api.patch<Member>(`${PATH}/${id}`, { ...rest, workspace_ids: workspaces === false ? [] : workspaces }),
        (member, context) => `${told("Changed", context)}\n\n${inWords(member, context)}`,
      ),
    );

  members
    .command("remove")
    .description("remove a member; keys that act as them stop working")
    .argument("<id>", "their id, mem_…", id("mem"))
    .addOption(ifMatch())
    .addHelpText("after", example("members remove mem_7Qd1"))
    .action(
      call(
        (api, _, id) => api.delete<Member>(`${PATH}/${id}`),
        (member, context) => `${told("Removed", context)}\n\n${inWords(member, context)}`,
      ),
    );

  addSessions(members);
}

function asTable(members: Member[], organization: string): string {
  if (members.length === 0) {
    const command = `${COMMAND} members create --organization ${organization} --email <address> --name <name> --role owner`;
    return hint("No members yet. Create the first:", command);
  }
  return table(
    ["Name", "Role", "Workspaces", "Created"],
    members.map(({ name, email, id, role, workspace_ids, created_at }) => [
      [shorten(name, 36), shorten(email, 36), id],
      role,
      workspace_ids.length > 0 ? grouped(workspace_ids.length) : "none",
      day(created_at),
    ]),
  );
}

function inWords(member: Member, { version }: { version?: string | undefined }): string {
  return record([
    ["Id", member.id],
    ["Name", member.name],
    ["Email", member.email],
    ["Role", member.role],
    ["Workspaces", list(member.workspace_ids, "none")],
    ["Organization", member.organization_id],
    ["Created", moment(member.created_at)],
    // Gateways of earlier versions do not say.
    ["Last sign-in", member.last_signed_in_at === undefined ? null : moment(member.last_signed_in_at, "not yet")],
    ["Version", version],
  ]);
}
