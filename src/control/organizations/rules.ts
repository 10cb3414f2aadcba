import type { Gateway } from "../../config/compile.ts";
import type { Refusal } from "../../errors.ts";
import type { Organization } from "../../records/organization.ts";
import { invalid } from "../validation.ts";

export function checkEnvironments(
  names: readonly string[] | undefined,
  { environments }: Gateway,
): Refusal | undefined {
  const unknown = (names ?? []).filter((name) => !Object.hasOwn(environments, name));
  if (unknown.length === 0) return undefined;
  const known = Object.keys(environments).join(", ");
  return invalid("environments", `does not exist: ${unknown.join(", ")}; choose from ${known}`);
}

/** Whether the organization can create keys in the environment now. If not, existing keys keep working. */
export function checkOpen(organization: Organization, environment: string, gateway: Gateway): Refusal | undefined {
  if (organization.status === "suspended") return { code: "conflict", problem: "The organization is suspended." };
  if (isOpen(organization, environment, gateway)) return undefined;
  return { code: "environment_not_allowed", environment, plans: gateway.environments[environment]?.plans };
}

export function isOpen({ environments, plan }: Organization, environment: string, gateway: Gateway): boolean {
  const plans = gateway.environments[environment]?.plans;
  return environments.includes(environment) && (!plans || (plan !== null && plans.includes(plan)));
}
