/** Mistakes in what the names of a well-formed configuration refer to. */

import { actionOf, isScope, type Resources, scopesOf, scopesOfBundle } from "../domain/scope.ts";
import { problemsOfPublicCaching } from "./edge-cache.ts";
import { problemsOfEnvironments, repeatsOf } from "./environments.ts";
import { problemsOfImportedFormats } from "./imported-formats.ts";
import { problemsOfOriginHeaders } from "./origin-headers.ts";
import { type ConfigProblem, didYouMean, pathText, problemAt } from "./problems.ts";
import { allResources } from "./resources.ts";
import { problemsOfRoutes } from "./routes.ts";
import type { Config } from "./schema.ts";
import { MANAGEMENT_RESOURCES } from "./types.ts";

export function problemsOfReferences(config: Config): ConfigProblem[] {
  const resources = allResources(config);
  return [
    ...problemsOfEnvironments(config),
    ...problemsOfOriginHeaders(config),
    ...problemsOfPublicCaching(config),
    ...problemsOfResources(config),
    ...problemsOfBundles(config, resources),
    ...problemsOfRoles(config, resources),
    ...problemsOfImportedFormats(config),
    ...problemsOfPlans(config),
    ...problemsOfRoutes(config, resources),
  ];
}

function problemsOfResources(config: Config): ConfigProblem[] {
  return MANAGEMENT_RESOURCES.filter((name) => Object.hasOwn(config.resources, name)).map((name) =>
    problemAt(
      ["resources", name],
      "is a built-in resource of the management API",
      "Choose another name; or remove it and use the built-in resource in scopes and routes.",
    ),
  );
}

function problemsOfBundles(config: Config, resources: Resources): ConfigProblem[] {
  return Object.entries(config.bundles).flatMap(([name, bundle]) => {
    const actions = [...new Set(scopesOfBundle({ ...bundle, every: "*" }, resources).map(actionOf))];
    const problems: ConfigProblem[] = [];
    if (isScope(name, resources)) {
      problems.push(problemAt(["bundles", name], "has the name of a scope", "Choose a name that is not a scope."));
    }
    if (actions.length === 0) {
      problems.push(
        problemAt(["bundles", name], "contains no resource", "Remove it, or set administrative or management to true."),
      );
    } else if (bundle.every !== "*" && !actions.includes(bundle.every)) {
      const problem = `is not an action of any resource in the bundle: "${bundle.every}"`;
      problems.push(problemAt(["bundles", name, "every"], problem, didYouMean(bundle.every, actions)));
    }
    return problems;
  });
}

function problemsOfRoles(config: Config, resources: Resources): ConfigProblem[] {
  if (config.keys.actAs === "member" && Object.keys(config.roles).length === 0) {
    const remedy = 'Declare the roles of members, or set keys.actAs to "organization" if you need no members.';
    return [problemAt(["keys", "actAs"], 'is "member" (the default), but there are no roles', remedy)];
  }
  const scopes = scopesOf(resources);
  const names = [...Object.keys(config.bundles), ...scopes];
  return Object.entries(config.roles).flatMap(([role, granted]) =>
    granted.scopes.flatMap((name, index) => {
      if (names.includes(name)) return [];
      const ofResource = scopes.filter((scope) => scope.startsWith(`${name.split(":")[0]}:`));
      const problem = `is neither a scope nor a bundle: "${name}"`;
      const remedy = didYouMean(name, ofResource.length > 0 ? ofResource : names);
      return problemAt(["roles", role, "scopes", index], problem, remedy);
    }),
  );
}

/** Rates and quotas of a plan share their names: each is counted, reset and reported by its name. */
function problemsOfPlans(config: Config): ConfigProblem[] {
  return Object.entries(config.plans).flatMap(([plan, { rates, quotas }]) => {
    const limits = [
      ...rates.map(({ name }, index) => ({ key: name, path: ["plans", plan, "rates", index, "name"] })),
      ...quotas.map(({ name }, index) => ({ key: name, path: ["plans", plan, "quotas", index, "name"] })),
    ];
    return repeatsOf(limits).map(({ item, earlier }) =>
      problemAt(
        item.path,
        `is the name of ${pathText(earlier.path.slice(0, -1))} too`,
        "Give each limit of a plan its own name.",
      ),
    );
  });
}
