/** What the demo's data needs in a configuration. It is created whole or not at all: an organization cannot be deleted. */

import type { GatewayConfig } from "../../config/types.ts";

const NAMES = {
  environment: ["sandbox", "production"],
  role: ["owner", "admin", "member"],
  bundle: ["admin", "read:all", "write:all"],
  plan: ["free"],
};

/** What is missing, in words. Empty if the demo fits. */
export function missingForDemo({
  environments,
  roles = {},
  bundles = {},
  plans = {},
  keys = {},
}: GatewayConfig): string[] {
  const declared = { environment: environments, role: roles, bundle: bundles, plan: plans };
  const missing = Object.entries(NAMES).flatMap(([kind, names]) =>
    names
      .filter((name) => !Object.hasOwn(declared[kind as keyof typeof NAMES], name))
      .map((name) => `the ${kind} ${name}`),
  );
  const ofSomePlans = NAMES.environment.filter((name) => environments[name]?.plans !== undefined);
  const {
    actAs = "member",
    reaches = ["organization"],
    required = [],
    quotaPerOrganization = 200,
    maxWorkspaces = 20,
  } = keys;
  return [
    ...missing,
    ...ofSomePlans.map((name) => `the environment ${name} for organizations without a plan`),
    ...(actAs === "member" ? [] : ['keys.actAs "member"']),
    ...(reaches.includes("organization") ? [] : ["keys that reach the organization"]),
    ...(required.length === 0 ? [] : ["keys without required fields"]),
    ...(quotaPerOrganization < 4 ? ["at least 4 keys for an organization"] : []),
    ...(maxWorkspaces < 2 ? ["at least 2 workspaces for a key"] : []),
  ];
}
