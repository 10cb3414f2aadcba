/** The configuration of every world, and the key whose limits are proven. */

import { compile, type Gateway } from "../../src/config/compile.ts";
import type { Asked } from "../../src/decide/authorize.ts";
import { findRoute } from "../../src/decide/route.ts";
import type { KeyRecord } from "../../src/domain/key.ts";
import { type Limits, NO_LIMITS } from "../../src/domain/limits.ts";
import { aKey } from "../domain/fixtures.ts";

export const gateway = compile({
  environments: { production: { baseUrls: ["https://api.test"], issuer: "https://api.test", keyPrefix: "kg_live" } },
  control: { baseUrls: ["https://keys.test"] },
  origins: { api: { production: { url: "https://origin.test" } } },
  resources: { files: { actions: ["read"] } },
  roles: { owner: { scopes: ["files:read"], manages: { organization: "all", workspace: "all" } } },
  routes: [{ path: "/files", origin: "api", resource: "files" }],
});

const url = new URL("https://api.test/files");

/** What every request asks for. */
export const ASKED: Asked = {
  request: new Request(url),
  url,
  environment: gateway.environments.production as Asked["environment"],
  client: "",
  match: findRoute("GET", url.pathname, gateway.router),
};

export const KEY_ID = "key_1";

const PLAN = "plan";

export function keyWith(limits: Limits): KeyRecord {
  const key = aKey({ id: KEY_ID, scopes: ["files:read"], limits, expiresAt: Number.MAX_SAFE_INTEGER });
  return named(key, key.version);
}

/** A principal does not say which version of the record it is of, so the name of its organization does here. */
export function named(key: KeyRecord, version: string): KeyRecord {
  return { ...key, version, organization: { ...key.organization, id: version } };
}

export function keyOnPlan(): KeyRecord {
  return { ...keyWith(NO_LIMITS), plan: PLAN, limits: null };
}

/** A version of the configuration, which differs from others by the plan of the key. */
export function versionWith(limits: Limits | undefined): Gateway {
  return limits ? { ...gateway, plans: { [PLAN]: limits } } : gateway;
}
