/** Names routes by their path, which a person finds in the file: `routes["/invoices/*"]`, not `routes[3]`. */

import type { ConfigProblem } from "./problems.ts";

interface Written {
  readonly path?: unknown;
  readonly methods?: unknown;
}

/** `input`: the configuration as it is written, with any mistake. */
export function withRoutePaths(problems: readonly ConfigProblem[], input: unknown): ConfigProblem[] {
  const { routes } = (input ?? {}) as { routes?: unknown };
  const labels = (Array.isArray(routes) ? routes : []).map(labelOf);
  const named = (text: string) => text.replace(/\broutes\[(\d+)\]/g, (index, at) => nameOf(index, labels, Number(at)));
  return problems.map(({ path, problem, remedy }) => ({
    path: named(path),
    problem: named(problem),
    remedy: named(remedy),
  }));
}

function labelOf(route: Written | null): string | undefined {
  const { path, methods } = route ?? {};
  if (typeof path !== "string") return undefined;
  return Array.isArray(methods) && methods.length > 0 ? `${methods.join(" ")} ${path}` : path;
}

/** Two routes that are written alike keep their index. */
function nameOf(index: string, labels: readonly (string | undefined)[], at: number): string {
  const label = labels[at];
  if (label === undefined) return index;
  const isAlone = labels.filter((other) => other === label).length === 1;
  return isAlone ? `routes[${JSON.stringify(label)}]` : `${index} (${JSON.stringify(label)})`;
}
