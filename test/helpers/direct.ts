/**
 * The same Worker on workerd's own socket, without the dev server's proxy in front: paths and headers arrive as they were
 * sent, as they do at the edge. It is the bundle that a deploy would upload.
 */

import { appendFileSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { readD1Migrations } from "@cloudflare/vitest-plugin";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { parse } from "smol-toml";
import { writeEntry } from "../../src/cli/dev/entry.ts";
import { newSigningKeys } from "../../src/cli/operate/new-signing-keys.ts";
import { runWrangler } from "../../src/cli/operate/wrangler.ts";
import type { SigningKeys } from "../../src/domain/signing-keys.ts";
import { freePort, gatewayAt, outputFile, PROJECT, type RunningGateway, writeConfig } from "./gateway.ts";

const ROOT_TOKEN = `kgr_${"d".repeat(43)}`;
const SIGNING_KEYS = newSigningKeys(["production", "sandbox"]);
const PEPPERS = `p1:${"D".repeat(43)}`;

/** `configText`: as for `startGateway`. */
export async function startDirect(configText: string): Promise<RunningGateway> {
  const [gateway] = await startIsolates(configText, 1);
  return gateway as RunningGateway;
}

/**
 * The same gateway in several isolates, which share the authorities, D1 and KV, as those of the edge do. Stopping one stops all.
 * `configText`: of all, or of each. The authorities run the code of the first.
 */
export async function startIsolates(
  configText: string | readonly string[],
  count: number,
  /** Of the nth of them; by default they all have the same. */
  signingKeysOf: (n: number) => SigningKeys = () => SIGNING_KEYS,
): Promise<RunningGateway[]> {
  const texts = typeof configText === "string" ? Array<string>(count).fill(configText) : configText;
  const written = texts.map((text) => writeConfig(text));
  const state = (written[0] as (typeof written)[number]).state;
  const isolates = await Promise.all(
    written.map(async ({ config }, n) => ({ name: `isolate-${n}`, config, port: await freePort() })),
  );
  const scripts = await Promise.all(
    isolates.map(async (each) => ({ ...each, script: await bundle(each.config, each.port) })),
  );
  const gateways = await runIsolates(state, scripts, signingKeysOf);
  return gateways.map((gateway) => ({
    ...gateway,
    forget: () => {
      for (const each of written) rmSync(each.state, { recursive: true, force: true });
    },
  }));
}

interface Isolate {
  readonly name: string;
  readonly port: number;
  /** The bundle that it runs. */
  readonly script: string;
}

/** Isolates that share one state, which may be that of an earlier run. The authorities run the code of the first. */
export async function runIsolates(
  state: string,
  isolates: readonly Isolate[],
  signingKeysOf: (n: number) => SigningKeys = () => SIGNING_KEYS,
  migrations: (name: string) => boolean = () => true,
): Promise<RunningGateway[]> {
  const first = isolates[0]?.name;
  const miniflare = new Miniflare({
    ...convertV4MiniflareOptions({
      workers: isolates.map(({ name, script, port }, n) => ({
        name,
        modules: true as const,
        script,
        ...settings(name === first ? undefined : first),
        unsafeDirectSockets: [{ host: "127.0.0.1", port }],
        bindings: {
          KEYGATE_PEPPERS: PEPPERS,
          KEYGATE_ROOT_TOKEN: ROOT_TOKEN,
          KEYGATE_SIGNING_KEYS: JSON.stringify(signingKeysOf(n)),
        },
      })),
      handleStructuredLogs: ({ message }) => appendFileSync(outputFile(state), `${message}\n`),
    }),
    // As wrangler lays it out.
    resourcePersistencePath: join(state, "v3"),
  });
  await miniflare.ready;
  await migrate(miniflare, migrations);
  return isolates.map(({ port }) => ({
    ...gatewayAt({ port, state, rootToken: ROOT_TOKEN }),
    stop: () => miniflare.dispose(),
    forget: () => rmSync(state, { recursive: true, force: true }),
  }));
}

export async function bundle(config: string, port: number): Promise<string> {
  const entry = writeEntry(config, port);
  const folder = mkdtempSync(join(tmpdir(), "keygate-bundle-"));
  try {
    await runWrangler(["deploy", entry, "--dry-run", "--outdir", folder], new AbortController().signal);
    const [module] = globSync(join(folder, "*.js"));
    return readFileSync(module as string, "utf8");
  } finally {
    rmSync(folder, { recursive: true });
    rmSync(dirname(entry), { recursive: true });
  }
}

interface WranglerSettings {
  compatibility_date: unknown;
  compatibility_flags: string[];
  d1_databases: { binding: string }[];
  kv_namespaces: { binding: string }[];
  durable_objects: { bindings: { name: string; class_name: string }[] };
  ratelimits: { name: string; namespace_id: string; simple: { limit: number; period: 10 | 60 } }[];
}

/** What wrangler.toml says, for Miniflare. Services are left out: origins under test have URLs. `objectsOf`: whose Durable Objects. */
function settings(objectsOf: string | undefined) {
  const wrangler = parse(readFileSync(join(PROJECT, "wrangler.toml"), "utf8")) as unknown as WranglerSettings;
  const { d1_databases, kv_namespaces, durable_objects, ratelimits } = wrangler;
  return {
    compatibilityDate: String(wrangler.compatibility_date),
    compatibilityFlags: wrangler.compatibility_flags,
    d1Databases: Object.fromEntries(d1_databases.map(({ binding }) => [binding, binding])),
    kvNamespaces: Object.fromEntries(kv_namespaces.map(({ binding }) => [binding, binding])),
    durableObjects: Object.fromEntries(
      durable_objects.bindings.map(({ name, class_name }) => [
        name,
        { className: class_name, useSQLite: true, ...(objectsOf && { scriptName: objectsOf }) },
      ]),
    ),
    ratelimits: Object.fromEntries(ratelimits.map(({ name, ...limit }) => [name, limit])),
  };
}

/** Applies what this state does not have yet, as `wrangler d1 migrations apply` does. */
async function migrate(miniflare: Miniflare, isWanted: (name: string) => boolean): Promise<void> {
  const db = await miniflare.getD1Database("DB");
  await db.prepare("CREATE TABLE IF NOT EXISTS d1_migrations (name TEXT PRIMARY KEY)").run();
  const { results } = await db.prepare("SELECT name FROM d1_migrations").all<{ name: string }>();
  const applied = new Set(results.map(({ name }) => name));
  for (const { name, queries } of await readD1Migrations(join(PROJECT, "migrations"))) {
    if (applied.has(name) || !isWanted(name)) continue;
    for (const query of queries) await db.prepare(query).run();
    await db.prepare("INSERT INTO d1_migrations (name) VALUES (?)").bind(name).run();
  }
}
