import type { Command } from "commander";
import type { WorkspaceAnswer } from "../../records/workspace.ts";
import { COMMAND, call, example, ifMatch, told } from "../gateway/call.ts";
import { id } from "../terminal/options.ts";
import { day, hint, moment, record, shorten, table } from "../terminal/render.ts";

export type Workspace = WorkspaceAnswer;

const PATH = "/v1/workspaces";

export function addWorkspaces(program: Command): void {
  const workspaces = program.command("workspaces").description("workspaces: the parts of an organization");

  workspaces
    .command("create")
    .description("create a workspace")
    .optionsGroup("Required:")
    .requiredOption("--organization <id>", "the organization, org_…", id("org"))
    .requiredOption("--name <name>", "its name")
    .addHelpText("after", example("workspaces create --organization org_2bX4 --name Berlin"))
    .action(
      call(
        (api, { organization, name }: { organization: string; name: string }) =>
          api.post<Workspace>(PATH, { organization_id: organization, name }),
        (made, context) => `Created.\n\n${inWords(made, context)}`,
      ),
    );

  workspaces
    .command("list")
    .description("list the workspaces of an organization")
    .optionsGroup("Required:")
    .requiredOption("--organization <id>", "the organization, org_…", id("org"))
    .addHelpText("after", example("workspaces list --organization org_2bX4"))
    .action(
      call(
        (api, { organization }: { organization: string }) =>
          api.list<Workspace>(PATH, { organization_id: organization }),
        ({ data }, _, { organization }) => asTable(data, organization),
      ),
    );

  workspaces
    .command("show")
    .description("show a workspace")
    .argument("<id>", "its id, ws_…", id("ws"))
    .addHelpText("after", example("workspaces show ws_5Tq8"))
    .action(call((api, _, id) => api.get<Workspace>(`${PATH}/${id}`), inWords));

  workspaces
    .command("rename")
    .description("rename a workspace")
    .argument("<id>", "its id, ws_…", id("ws"))
    .argument("<name>", "the new name")
    .addOption(ifMatch())
    .addHelpText("after", example('workspaces rename ws_5Tq8 "Berlin Mitte"'))
    .action(
      call(
        (api, _, id, name) => api.patch<Workspace>(`${PATH}/${id}`, { name }),
        (workspace, context) => `Renamed.\n\n${inWords(workspace, context)}`,
      ),
    );

  workspaces
    .command("delete")
    .description("delete a workspace; keys that reach no other workspace are revoked")
    .argument("<id>", "its id, ws_…", id("ws"))
    .addOption(ifMatch())
    .addHelpText("after", example("workspaces delete ws_5Tq8"))
    .action(
      call(
        (api, _, id) => api.delete<Workspace>(`${PATH}/${id}`),
        (workspace, context) => `${told("Deleted", context)}\n\n${inWords(workspace, context)}`,
      ),
    );
}

function asTable(workspaces: Workspace[], organization: string): string {
  if (workspaces.length === 0) {
    return hint(
      "No workspaces yet. Create the first:",
      `${COMMAND} workspaces create --organization ${organization} --name Berlin`,
    );
  }
  return table(
    ["Name", "Id", "Created"],
    workspaces.map(({ name, id, created_at }) => [shorten(name, 40), id, day(created_at)]),
  );
}

function inWords(workspace: Workspace, { version }: { version: string | undefined }): string {
  return record([
    ["Id", workspace.id],
    ["Name", workspace.name],
    ["Organization", workspace.organization_id],
    ["Created", moment(workspace.created_at)],
    ["Version", version],
  ]);
}
