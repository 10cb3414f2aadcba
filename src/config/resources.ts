/** The resources that scopes consist of: those of the configuration and the built-in ones. */

import type { Resource } from "../domain/scope.ts";
import type { Config } from "./schema.ts";
import { MANAGEMENT_RESOURCES } from "./types.ts";

export function allResources(config: Config): Record<string, Resource> {
  const declared = Object.entries(config.resources).map(([name, resource]) => [
    name,
    { ...resource, management: false },
  ]);
  return Object.fromEntries([...declared, ...MANAGEMENT_RESOURCES.map((name) => [name, managementResource(name)])]);
}

function managementResource(name: (typeof MANAGEMENT_RESOURCES)[number]): Resource {
  const actions = name === "audit_events" || name === "usage" ? ["read"] : ["read", "write", "delete"];
  return { actions, administrative: true, workspaceKeys: name === "api_keys" ? "all" : "read", management: true };
}
