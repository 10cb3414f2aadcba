/** The options that select keys of an organization. */

import { type Command, Option } from "commander";
import { PERMISSIONS, REACHES } from "../../domain/key.ts";
import { KEY_STATUSES } from "../../domain/key-status.ts";
import { id } from "../terminal/options.ts";

export interface KeyFilters {
  organization: string;
  environment?: string;
  reach?: string;
  permission?: string;
  status?: string;
  member?: string;
  workspace?: string;
  scope?: string;
  search?: string;
}

const SORTED_BY = ["created_at", "expires_at", "last_used_at", "name"];
export const SORTS = SORTED_BY.flatMap((value) => [value, `-${value}`]);

export function filters(command: Command): Command {
  return command
    .optionsGroup("Filters:")
    .option("--environment <name>", "keys of this environment")
    .addOption(new Option("--reach <reach>", "keys with this reach").choices(REACHES))
    .addOption(new Option("--permission <permission>", "keys with this permission").choices(PERMISSIONS))
    .addOption(new Option("--status <status>", "keys with this status").choices(KEY_STATUSES))
    .option("--member <id>", "keys of this member, mem_…", id("mem"))
    .option("--workspace <id>", "workspace keys that reach this workspace, ws_…", id("ws"))
    .option("--scope <scope>", "keys with this scope or bundle")
    .option(
      "--search <text>",
      "keys with this text in the name, description or id, or these last four characters of a secret",
    )
    .optionsGroup("Options:");
}

export function filterQuery(options: Partial<KeyFilters>): Record<string, string | undefined> {
  const { organization, environment, reach, permission, status, member, workspace, scope, search } = options;
  return {
    organization_id: organization,
    ...{ environment, reach, permission, status, member_id: member, workspace_id: workspace, scope, q: search },
  };
}

export function isFiltered(options: Partial<KeyFilters>): boolean {
  return Object.values(filterQuery(options)).some((value) => value !== undefined);
}
