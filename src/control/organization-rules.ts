import type { Gateway } from "../config/compile.ts";
import type { Refusal } from "../errors.ts";
import { invalid } from "./validation.ts";

export function checkEnvironments(
  names: readonly string[] | undefined,
  { environments }: Gateway,
): Refusal | undefined {
  const unknown = (names ?? []).filter((name) => !Object.hasOwn(environments, name));
  if (unknown.length === 0) return undefined;
  const known = Object.keys(environments).join(", ");
  return invalid("environments", `there is no ${unknown.join(", ")}; choose of ${known}`);
}
