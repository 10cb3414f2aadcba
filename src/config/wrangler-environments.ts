/** `[env.<name>]` of wrangler.toml: another deployment of the same Worker. */

import type { ConfigProblem } from "./problems.ts";

/** https://developers.cloudflare.com/workers/wrangler/configuration/#non-inheritable-keys */
const NOT_INHERITED = [
  ...["ai", "analytics_engine_datasets", "browser", "d1_databases", "define", "dispatch_namespaces", "durable_objects"],
  ...["hyperdrive", "images", "kv_namespaces", "mtls_certificates", "pipelines", "queues", "r2_buckets", "ratelimits"],
  ...["secrets", "secrets_store_secrets", "send_email", "services", "unsafe", "vars", "vectorize", "workflows"],
];

type Section = Readonly<Record<string, unknown>>;

export function environmentsOf(wrangler: unknown): string[] {
  return Object.keys(sectionsOf(wrangler));
}

/** What wrangler deploys for this environment; without a name, what stands above all environments. */
export function sectionOf(wrangler: unknown, name: string | undefined): Section {
  const { env: _, ...top } = (wrangler ?? {}) as Record<string, unknown>;
  if (name === undefined) return top;
  const inherited = Object.entries(top).filter(([key]) => !NOT_INHERITED.includes(key));
  return { ...Object.fromEntries(inherited), name: `${top.name}-${name}`, ...sectionsOf(wrangler)[name] };
}

/** The problem of a section, with its place and its lines to add as they belong into the whole file. */
export function inSection({ path, problem, remedy }: ConfigProblem, name: string | undefined): ConfigProblem {
  if (name === undefined) return { path, problem, remedy };
  const key = /^[A-Za-z0-9_-]+$/.test(name) ? name : JSON.stringify(name);
  const [first = "", ...lines] = remedy.split("\n");
  const placed = lines.map((line) => line.replace(/^(\s*\[\[?)/, `$1env.${key}.`));
  return {
    path: path === "wrangler.toml" ? `wrangler.toml, [env.${key}]` : path,
    problem: problem.replace(/\bwrangler\.toml\b/, `wrangler.toml, [env.${key}],`),
    remedy: [placedWords(first, key, name), ...placed].join("\n"),
  };
}

/** The list of required secrets, and the commands that set one or create a namespace: without `--env` they are for the top level. */
function placedWords(line: string, key: string, name: string): string {
  const command = /\bwrangler (?:secret put|kv namespace create) \S+/;
  return line.replace("[secrets]", `[env.${key}.secrets]`).replace(command, `$& --env ${name}`);
}

function sectionsOf(wrangler: unknown): Record<string, Section> {
  return ((wrangler ?? {}) as { env?: Record<string, Section> }).env ?? {};
}
