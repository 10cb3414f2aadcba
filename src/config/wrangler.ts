/** What gateway.config.ts and the gateway need in wrangler.toml. */

import { JWKS_PATH } from "../origin/claims.ts";
import { problemsOfCacheBefore } from "./edge-cache.ts";
import { problemsOfOriginSecrets } from "./origin-headers.ts";
import { type ConfigProblem, problemAt } from "./problems.ts";
import type { GatewayConfig } from "./types.ts";
import { isRoutedTo, routePatterns } from "./wrangler-routes.ts";

/** `config` has been compiled without a mistake; `wrangler` is wrangler.toml, parsed. */
export function problemsOfWrangler(config: GatewayConfig, wrangler: unknown): ConfigProblem[] {
  return [
    ...problemsOfFlags(wrangler),
    ...problemsOfBindings(config.logging?.analyticsEngine ? [...BINDINGS, ANALYTICS] : BINDINGS, wrangler),
    ...problemsOfServices(config, wrangler),
    ...problemsOfOriginSecrets(config, requiredSecrets(wrangler)),
    ...problemsOfIssuers(config, wrangler),
    ...problemsOfCacheBefore(wrangler),
  ];
}

/** Without it, nothing tells the gateway that a client has left, and origins continue to work for it. */
const FLAG = "enable_request_signal";

function problemsOfFlags(wrangler: unknown): ConfigProblem[] {
  const { compatibility_flags: flags } = (wrangler ?? {}) as { compatibility_flags?: unknown };
  if (Array.isArray(flags) && flags.includes(FLAG)) return [];
  const problem = `does not have the compatibility flag "${FLAG}"`;
  return [{ path: "wrangler.toml", problem, remedy: `Add "${FLAG}" to compatibility_flags.` }];
}

interface Binding {
  readonly what: string;
  /** The place of the list of such bindings, and the field that holds the name. */
  readonly list: readonly string[];
  readonly field: string;
  readonly name: string;
  readonly lines: readonly string[];
}

const BINDINGS: readonly Binding[] = [
  {
    what: "D1 database",
    list: ["d1_databases"],
    field: "binding",
    name: "DB",
    lines: ["[[d1_databases]]", 'binding = "DB"', 'database_name = "keygate"', 'migrations_dir = "migrations"'],
  },
  {
    what: "KV namespace",
    list: ["kv_namespaces"],
    field: "binding",
    name: "KV",
    lines: ["[[kv_namespaces]]", 'binding = "KV"'],
  },
  {
    what: "Durable Object",
    list: ["durable_objects", "bindings"],
    field: "name",
    name: "AUTHORITY",
    lines: ["[[durable_objects.bindings]]", 'name = "AUTHORITY"', 'class_name = "KeyAuthority"'],
  },
  {
    what: "Durable Object",
    list: ["durable_objects", "bindings"],
    field: "name",
    name: "COURIER",
    lines: ["[[durable_objects.bindings]]", 'name = "COURIER"', 'class_name = "Courier"'],
  },
  {
    what: "rate limit",
    list: ["ratelimits"],
    field: "name",
    name: "LOOKUP_BUDGET",
    lines: [
      "[[ratelimits]]",
      'name = "LOOKUP_BUDGET"',
      'namespace_id = "4201"',
      "simple = { limit = 100, period = 60 }",
    ],
  },
  {
    what: "assets",
    list: ["assets"],
    field: "binding",
    name: "ASSETS",
    lines: [
      "[assets]",
      'binding = "ASSETS"',
      'directory = "node_modules/keygate/dist/assets" # in a clone of Keygate: "assets"',
      "run_worker_first = true",
    ],
  },
];

const ANALYTICS: Binding = {
  what: "Analytics Engine",
  list: ["analytics_engine_datasets"],
  field: "binding",
  name: "ANALYTICS",
  lines: ["[[analytics_engine_datasets]]", 'binding = "ANALYTICS"', 'dataset = "keygate"'],
};

function problemsOfBindings(bindings: readonly Binding[], wrangler: unknown): ConfigProblem[] {
  return bindings
    .filter(({ list, field, name }) => !namesIn(wrangler, list, field).has(name))
    .map(({ what, name, lines }) => ({
      path: "wrangler.toml",
      problem: `has no ${what} binding "${name}"`,
      remedy: toAdd(lines),
    }));
}

function problemsOfServices(config: GatewayConfig, wrangler: unknown): ConfigProblem[] {
  const services = namesIn(wrangler, ["services"], "binding");
  return Object.entries(config.origins).flatMap(([name, origins]) =>
    Object.entries(origins).flatMap(([environment, origin]) => {
      if (!("service" in origin) || services.has(origin.service)) return [];
      const lines = ["[[services]]", `binding = "${origin.service}"`, 'service = "name-of-the-worker"'];
      const problem = `is a service that wrangler.toml does not bind: "${origin.service}"`;
      return problemAt(["origins", name, environment, "service"], problem, toAdd(lines));
    }),
  );
}

/** Origins fetch public keys from below the issuer, and only this gateway has them. */
function problemsOfIssuers(config: GatewayConfig, wrangler: unknown): ConfigProblem[] {
  const baseUrls = [...Object.values(config.environments), config.control].flatMap((place) => place.baseUrls);
  const hosts = new Set(baseUrls.map((url) => new URL(url).host));
  const patterns = routePatterns(wrangler);
  return Object.entries(config.environments).flatMap(([name, { issuer }]) => {
    const { host, pathname } = new URL(issuer);
    const ofHost = patterns.filter((pattern) => isRoutedTo(pattern, host));
    const keys = `${host}${pathname.replace(/\/$/, "")}${JWKS_PATH}`;
    if (ofHost.some((pattern) => isRoutedTo(pattern, keys)) || (ofHost.length === 0 && hosts.has(host))) return [];
    const problem = `is where origins fetch public keys, but nothing routes ${keys} to this Worker`;
    const remedy = "Use the host of a base URL, or add a route or custom domain for it to wrangler.toml.";
    return problemAt(["environments", name, "issuer"], problem, remedy);
  });
}

function requiredSecrets(wrangler: unknown): Set<unknown> {
  const { required } = (wrangler as { secrets?: { required?: unknown } } | undefined)?.secrets ?? {};
  return new Set(Array.isArray(required) ? required : []);
}

function namesIn(wrangler: unknown, list: readonly string[], field: string): Set<unknown> {
  const entries = list.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], wrangler);
  return new Set([entries].flat().map((entry) => (entry as Record<string, unknown> | null | undefined)?.[field]));
}

/** Lines of TOML, complete in themselves. */
export function toAdd(lines: readonly string[]): string {
  return ["Add to wrangler.toml:", ...lines].join("\n      ");
}
