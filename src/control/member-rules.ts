import type { Gateway } from "../config/compile.ts";
import type { Refusal } from "../errors.ts";
import { invalid } from "./validation.ts";

export function checkRole(role: string, { policy }: Gateway): Refusal | undefined {
  if (Object.hasOwn(policy.roles, role)) return undefined;
  return invalid("role", `there is no role "${role}"; choose of ${Object.keys(policy.roles).join(", ")}`);
}
