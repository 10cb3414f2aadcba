/** Which of a key's scopes and bundles can do the most damage. */

import type { Policy } from "../../domain/rights.ts";
import { actionOf, expand } from "../../domain/scope.ts";

const RISKS: Readonly<Record<string, number>> = { read: 0, delete: 2 };
/** Of what is neither reading nor deleting, such as writing. */
const USUAL_RISK = 1;

/** What deletes before what writes before what reads, and then what contains more scopes. */
export function broadestFirst(names: readonly string[], { resources, bundles }: Policy): string[] {
  const risks = new Map(
    names.map((name) => {
      const scopes = [...expand([name], resources, bundles)];
      const worst = Math.max(-1, ...scopes.map((scope) => RISKS[actionOf(scope)] ?? USUAL_RISK));
      return [name, { worst, size: scopes.length }];
    }),
  );
  const riskOf = (name: string) => risks.get(name) ?? { worst: -1, size: 0 };
  return names.toSorted((a, b) => riskOf(b).worst - riskOf(a).worst || riskOf(b).size - riskOf(a).size);
}
