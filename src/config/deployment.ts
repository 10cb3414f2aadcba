/** What a deployed gateway needs and a local one does not: `keygate check` and `keygate deploy` refuse to go without it. */

import { expand, resourceOf } from "../domain/scope.ts";
import type { Gateway } from "./compile.ts";
import { type ConfigProblem, problemAt } from "./problems.ts";
import type { GatewayConfig } from "./types.ts";
import { toAdd } from "./wrangler.ts";
import { problemsOfObjects } from "./wrangler-objects.ts";
import { isRoutedTo, routePatterns } from "./wrangler-routes.ts";

interface Deployment {
  /** Compiled without a mistake. */
  readonly config: GatewayConfig;
  readonly gateway: Gateway;
  /** What wrangler deploys (`sectionOf`). */
  readonly wrangler: unknown;
  /** Whether the Worker's own code uses this binding. */
  readonly isUsed: (binding: string) => boolean;
}

export function problemsOfDeployment(deployment: Deployment): ConfigProblem[] {
  return [
    ...problemsOfBaseUrls(deployment),
    ...problemsOfSection(deployment),
    ...problemsOfPlainHttp(deployment),
    ...problemsOfManagers(deployment),
  ];
}

/** The part that does not depend on the hosts of the configuration. */
export function problemsOfSection({ config, wrangler, isUsed }: Omit<Deployment, "gateway">): ConfigProblem[] {
  return [
    ...problemsOfObjects(wrangler),
    ...problemsOfNamespace(config, wrangler),
    ...problemsOfUnusedServices(config, wrangler, isUsed),
  ];
}

function problemsOfBaseUrls({ config, wrangler }: Deployment): ConfigProblem[] {
  const patterns = routePatterns(wrangler);
  const { workers_dev = patterns.length === 0 } = (wrangler ?? {}) as { workers_dev?: unknown };
  const baseUrls = [...Object.values(config.environments), config.control].flatMap((place) => place.baseUrls);
  const lost = baseUrls.filter((text) => {
    const { host, hostname, pathname } = new URL(text);
    if (isLoopback(hostname) || (workers_dev && hostname.endsWith(".workers.dev"))) return false;
    const below = `${host}${pathname.replace(/\/$/, "")}/below`;
    return !patterns.some((pattern) => isRoutedTo(pattern, below));
  });
  if (lost.length === 0) return [];
  const hosts = [...new Set(lost.map((text) => new URL(text).host))];
  const lines = hosts.map((host) => `  { pattern = "${host}", custom_domain = true },`);
  const where = patterns.length > 0 ? "Add to the routes of wrangler.toml:" : "Add to wrangler.toml, above its tables:";
  const added = toAdd(patterns.length > 0 ? lines : ["routes = [", ...lines, "]"]);
  return [
    {
      path: "wrangler.toml",
      problem: `has no route or custom domain for ${lost.join(", ")}, so no request arrives there`,
      remedy: `${where}${added.slice(added.indexOf("\n"))}`,
    },
  ];
}

/** wrangler creates a namespace that has no id in no jurisdiction, and cannot be told another one. */
function problemsOfNamespace({ control: { jurisdiction } }: GatewayConfig, wrangler: unknown): ConfigProblem[] {
  const { kv_namespaces } = (wrangler ?? {}) as { kv_namespaces?: { binding?: unknown; id?: unknown }[] };
  const lacksId = [kv_namespaces].flat().some((entry) => entry?.binding === "KV" && !entry.id);
  if (jurisdiction === undefined || !lacksId) return [];
  return [
    {
      path: "wrangler.toml",
      problem: `binds KV to no id, so wrangler would create the namespace outside of ${jurisdiction} (control.jurisdiction)`,
      remedy: `Run npx wrangler kv namespace create KV --jurisdiction ${jurisdiction}, and add the id that it prints to the binding.`,
    },
  ];
}

function problemsOfUnusedServices(
  config: GatewayConfig,
  wrangler: unknown,
  isUsed: Deployment["isUsed"],
): ConfigProblem[] {
  const { name, services } = (wrangler ?? {}) as { name?: unknown; services?: unknown };
  const origins = Object.values(config.origins).flatMap((byEnvironment) => Object.values(byEnvironment));
  const named = new Set(origins.flatMap((origin) => ("service" in origin ? [origin.service] : [])));
  return (Array.isArray(services) ? services : []).flatMap((entry: Record<string, unknown> | null) => {
    const { binding, service, entrypoint } = entry ?? {};
    const told = (problem: string, remedy: string) => [{ path: "wrangler.toml", problem, remedy }];
    if (typeof service !== "string" || service === "" || service === "name-of-the-worker") {
      return told(`binds the service ${binding} to no Worker`, "Write the name of the Worker that provides it.");
    }
    if (service === name && entrypoint === undefined) {
      return told(`binds the service ${binding} to this Worker itself`, "Write the name of another Worker.");
    }
    if (named.has(String(binding)) || isUsed(String(binding))) return [];
    return told(
      `binds the service ${binding}, which no origin and no code uses`,
      "Remove the binding, or name it as the service of an origin: a deploy fails if its Worker does not exist.",
    );
  });
}

function problemsOfPlainHttp({ config }: Deployment): ConfigProblem[] {
  return Object.entries(config.origins).flatMap(([name, byEnvironment]) =>
    Object.entries(byEnvironment).flatMap(([environment, origin]) => {
      if (!("url" in origin) || origin.plainHttp) return [];
      const { protocol, hostname } = new URL(origin.url);
      if (protocol === "https:" || isLoopback(hostname)) return [];
      return problemAt(
        ["origins", name, environment, "url"],
        "is plain HTTP, so requests and assertions cross the network unencrypted",
        "Use https://, or set plainHttp: true beside it if you accept that.",
      );
    }),
  );
}

/** Managing keys takes a scope of them too; without one, these members would be refused all that their role promises. */
function problemsOfManagers({ config, gateway }: Deployment): ConfigProblem[] {
  const { resources, bundles } = gateway.policy;
  return Object.entries(config.roles ?? {}).flatMap(([role, { scopes, manages }]) => {
    if (manages.organization === "none" && manages.workspace === "none") return [];
    if ([...expand(scopes, resources, bundles)].some((scope) => resourceOf(scope) === "api_keys")) return [];
    return problemAt(
      ["roles", role, "manages"],
      "lets members manage keys, but the role has no scope of api_keys, so each attempt is refused",
      'Add "api_keys:read", "api_keys:write" and "api_keys:delete" to its scopes, or a bundle with management: true; or set both to "none".',
    );
  });
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
