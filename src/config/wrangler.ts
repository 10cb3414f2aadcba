/** What gateway.config.ts and the gateway itself need from wrangler.toml. */

import { type ConfigProblem, problemAt } from "./problems.ts";
import type { GatewayConfig } from "./types.ts";

/** `config` has been compiled without a mistake; `wrangler` is wrangler.toml, parsed. */
export function problemsOfWrangler(config: GatewayConfig, wrangler: unknown): ConfigProblem[] {
  return [...problemsOfBindings(wrangler), ...problemsOfServices(config, wrangler)];
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
];

function problemsOfBindings(wrangler: unknown): ConfigProblem[] {
  return BINDINGS.filter(({ list, field, name }) => !namesIn(wrangler, list, field).has(name)).map(
    ({ what, name, lines }) => ({
      path: "wrangler.toml",
      problem: `binds no ${what} as "${name}"`,
      remedy: toAdd(lines),
    }),
  );
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

function namesIn(wrangler: unknown, list: readonly string[], field: string): Set<unknown> {
  const entries = list.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], wrangler);
  return new Set(Array.isArray(entries) ? entries.map((entry) => entry?.[field]) : []);
}

function toAdd(lines: readonly string[]): string {
  return ["Add to wrangler.toml:", ...lines].join("\n      ");
}
