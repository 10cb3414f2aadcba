/** Routes that differ in the case of letters alone. Where origins ignore it, the gateway refuses every request for them. */

import type { Gateway } from "./compile.ts";
import { type ConfigProblem, pathText, problemAt } from "./problems.ts";
import type { Route } from "./route-table.ts";

export function problemsOfTwins({ routes, router }: Pick<Gateway, "routes" | "router">): ConfigProblem[] {
  return routes.flatMap((route, index) => {
    const path = examplePath(route);
    if (router.find(path)?.routes[0]?.shape !== route.shape) return [];
    const found = router.findAll(path, route).flatMap((match) => match?.routes ?? []);
    const twin = found.find(({ shape }) => shape !== route.shape);
    if (!twin) return [];
    return problemAt(
      ["routes", index, "path"],
      `is the same path as ${pathText(["routes", routes.indexOf(twin), "path"])} for an origin that ignores case, so requests for it are refused`,
      "Set caseSensitive: true at its origin, in each environment; or write both paths in the same case.",
    );
  });
}

function examplePath({ shape }: Route): string {
  return shape.replace(/\/\*$/, "").replaceAll("/:", "/0") || "/";
}
