/** Which of an organization's keys are meant. */

import { type Command, Option } from "commander";
import { PERMISSIONS, REACHES } from "../../domain/key.ts";
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

const STATUSES = ["active", "disabled", "expired", "revoked"];
export const SORTS = ["created_at", "-created_at", "expires_at", "last_used_at", "-last_used_at", "name"];

export function filters(command: Command): Command {
  return command
    .optionsGroup("Which of them:")
    .option("--environment <name>", "those of one environment")
    .addOption(new Option("--reach <reach>", "those that reach so far").choices(REACHES))
    .addOption(new Option("--permission <permission>", "those that may do this").choices(PERMISSIONS))
    .addOption(new Option("--status <status>", "those that are so now").choices(STATUSES))
    .option("--member <id>", "those of one member, mem_…", id("mem"))
    .option("--workspace <id>", "those that reach one workspace by name, ws_…", id("ws"))
    .option("--scope <scope>", "those that were given this scope or bundle")
    .option("--search <text>", "those with this in the name or description")
    .optionsGroup("Options:");
}

export function filterQuery(options: KeyFilters): Record<string, string | undefined> {
  const { organization, environment, reach, permission, status, member, workspace, scope, search } = options;
  return {
    organization_id: organization,
    ...{ environment, reach, permission, status, member_id: member, workspace_id: workspace, scope, q: search },
  };
}

export function isFiltered(options: Partial<KeyFilters>): boolean {
  return Object.values(filterQuery({ organization: "", ...options })).some(Boolean);
}
