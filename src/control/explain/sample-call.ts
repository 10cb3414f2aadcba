import type { Gateway } from "../../config/compile.ts";
import type { Route } from "../../config/route-table.ts";
import { requiredScope } from "../../decide/authorize.ts";
import type { KeyRecord } from "../../domain/key.ts";
import { rightsOf } from "../../domain/rights.ts";

/**
 * The URL of a GET that the key can make, for people to try. `undefined` if every such route has blanks that people must fill,
 * or the key's environment is no longer configured.
 */
export function sampleCall(key: KeyRecord, { routes, environments, policy }: Gateway): string | undefined {
  const { effective } = rightsOf(key, policy);
  const base = environments[key.environment]?.url;
  if (base === undefined) return undefined;
  for (const route of routes) {
    const path = route.public || route.methods?.has("GET") === false ? undefined : filledPath(route, key);
    if (path !== undefined && effective.has(requiredScope(route, "GET"))) {
      return base + path;
    }
  }
  return undefined;
}

/** `undefined` if a value would have to be made up. A request that names no workspace is about all workspaces of the key. */
function filledPath({ path, params, workspace }: Route, key: KeyRecord): string | undefined {
  const plain = path.replace(/\/\*$/, "");
  const [id] = key.workspaces;
  if (params.length === 0) return workspace && "query" in workspace && id ? `${plain}?${workspace.query}=${id}` : plain;
  const [name] = params;
  const isWorkspace = params.length === 1 && workspace && "param" in workspace && workspace.param === name;
  return isWorkspace && id !== undefined ? plain.replace(`:${name}`, id) : undefined;
}
