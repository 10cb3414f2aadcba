import { type Command, Option } from "commander";
import { LOCATIONS } from "../../domain/location.ts";
import type { OrganizationAnswer } from "../../records/organization.ts";
import { COMMAND, call, example, ifMatch, told } from "../gateway/call.ts";
import { id, names, orNone, wholeNumber } from "../terminal/options.ts";
import { day, grouped, hint, list, moment, record, shorten, table } from "../terminal/render.ts";

export type Organization = OrganizationAnswer;

interface CreateOptions {
  name: string;
  plan?: string;
  environments?: string[];
  keyQuota?: number;
  location?: string;
}

interface ChangeOptions {
  name?: string;
  plan?: string | false;
  environments?: string[];
  keyQuota?: number | false;
  location?: string | false;
  status?: string;
}

const PATH = "/v1/organizations";

export function addOrgs(program: Command): void {
  const orgs = program.command("orgs").description("organizations: the owners of keys");

  orgs
    .command("create")
    .description("create an organization (root token only)")
    .optionsGroup("Required:")
    .requiredOption("--name <name>", "its name")
    .optionsGroup("Options:")
    .option("--plan <plan>", "a plan from the configuration, for keys without their own plan")
    .option("--environments <a,b>", "the environments it can have keys for (default: all)", names)
    .option("--key-quota <number>", "how many active keys it can have", wholeNumber)
    .addOption(locationOption())
    .addHelpText("after", example("orgs create --name Acme --plan scale"))
    .action(
      call(
        (api, { name, plan, environments, keyQuota, location }: CreateOptions) =>
          api.post<Organization>(PATH, { name, plan, environments, key_quota: keyQuota, location }),
        (made, context) => `Created.\n\n${inWords(made, context)}`,
      ),
    );

  orgs
    .command("list")
    .description("list the organizations")
    .addHelpText("after", example("orgs list"))
    .action(
      call(
        (api) => api.list<Organization>(PATH),
        ({ data }) => asTable(data),
      ),
    );

  orgs
    .command("show")
    .description("show an organization")
    .argument("<id>", "its id, org_…", id("org"))
    .addHelpText("after", example("orgs show org_2bX4"))
    .action(call((api, _, id) => api.get<Organization>(`${PATH}/${id}`), inWords));

  orgs
    .command("change")
    .description("change an organization; fields that you do not name stay the same")
    .argument("<id>", "its id, org_…", id("org"))
    .option("--name <name>", "its name")
    .addOption(new Option("--status <status>", "suspended: all its keys are refused").choices(["active", "suspended"]))
    .option("--plan <plan>", "a plan from the configuration")
    .option("--no-plan", "no plan")
    .option("--environments <a,b>", "the environments it can have keys for; existing keys keep working", names)
    .option("--key-quota <number>", "how many active keys it can have", wholeNumber)
    .option("--no-key-quota", "use the configuration's key quota")
    .addOption(locationOption())
    .option("--no-location", "no location")
    .addOption(ifMatch())
    .addHelpText(
      "after",
      example("orgs change org_2bX4 --plan scale --key-quota 500", "orgs change org_2bX4 --status suspended"),
    )
    .action(
      call(
        (api, { plan, keyQuota, location, ...rest }: ChangeOptions, id) =>
          api.patch<Organization>(`${PATH}/${id}`, {
            ...rest,
            ...{ plan: orNone(plan), key_quota: orNone(keyQuota), location: orNone(location) },
          }),
        (org, context) => `${told("Changed", context)}\n\n${inWords(org, context)}`,
      ),
    );
}

const locationOption = () =>
  new Option("--location <location>", "where the authorities of its new keys are created").choices(LOCATIONS);

function asTable(organizations: Organization[]): string {
  if (organizations.length === 0)
    return hint("No organizations yet. Create the first:", `${COMMAND} orgs create --name Acme`);
  return table(
    ["Name", "Plan", "Environments", "Status", "Created"],
    organizations.map(({ name, id, plan, environments, status, created_at }) => [
      [shorten(name, 36), id],
      plan ?? "none",
      environments,
      status,
      day(created_at),
    ]),
  );
}

function inWords(org: Organization, { version }: { version: string | undefined }): string {
  return record([
    ["Id", org.id],
    ["Name", org.name],
    ["Status", org.status],
    ["Plan", org.plan ?? "none"],
    ["Environments", list(org.environments, "none")],
    ["Key quota", org.key_quota === null ? "the gateway's" : grouped(org.key_quota)],
    ["Location", org.location ?? "none"],
    ["Trial started", moment(org.trial_started_at, "not yet")],
    ["Created", moment(org.created_at)],
    ["Version", version],
  ]);
}
