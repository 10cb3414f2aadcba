/**
 * The same Worker on workerd's own socket, without the dev server's proxy in front: paths and headers arrive as they were
 * sent, as they do at the edge. It is the bundle that a deploy would upload.
 */

import { appendFileSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readD1Migrations } from "@cloudflare/vitest-plugin";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { parse } from "smol-toml";
import { newSigningKeys } from "../../src/cli/operate/new-signing-keys.ts";
import type { SigningKeys } from "../../src/domain/signing-keys.ts";
import { bundleOf, replaceOnce } from "./bundle.ts";
import type { Constants } from "./constants.ts";
import { freePort, gatewayAt, outputFile, PROJECT, type RunningGateway, writeConfig } from "./gateway.ts";

const ROOT_TOKEN = `kgr_${"d".repeat(43)}`;
export const METRICS_TOKEN = `kgm_${"d".repeat(43)}`;
const SIGNING_KEYS = newSigningKeys(["production", "sandbox"]);
const PEPPERS = `p1:${"D".repeat(43)}`;

interface Options {
  /** Of the nth isolate; by default they all have the same. */
  readonly signingKeysOf?: ((n: number) => SigningKeys) | undefined;
  readonly constants?: Constants;
  /** Faults of the nth isolate: other text for text of its bundle. Objects run the code of the first. */
  readonly faultsOf?: (n: number) => Readonly<Record<string, string>>;
  /** The platform traces, and what it traces is in the output, a line for each event. */
  readonly isTraced?: boolean;
  /** Where the isolates can be inspected. */
  readonly inspectorPort?: number | undefined;
  /** The text of a module around the gateway's own entry, of which it gets the path. */
  readonly around?: (entry: string) => string;
}

/** https://developers.cloudflare.com/workers/observability/logs/tail-workers/: what traces are made of. */
const TRACER = {
  name: "tracer",
  modules: true as const,
  script: `const say = (event) => console.log(JSON.stringify({ traced: event }, (_, value) => (typeof value === "bigint" ? Number(value) : value)));
    export default { tailStream: (onset) => (say(onset), say) };`,
  compatibilityDate: "2026-10-01",
  compatibilityFlags: ["experimental", "streaming_tail_worker"],
};

/** What the platform says of assets, and workerd's disk does not. */
const ASSETS = {
  name: "assets",
  modules: true as const,
  script: `const TYPES = { css: "text/css; charset=utf-8", js: "text/javascript; charset=utf-8", json: "application/json" };
    export default {
      async fetch(request, { DISK }) {
        const answer = new Response((await DISK.fetch(request)).body);
        answer.headers.set("Content-Type", TYPES[request.url.split(".").at(-1)]);
        return answer;
      },
    };`,
  compatibilityDate: "2026-10-01",
  serviceBindings: { DISK: { disk: { path: join(PROJECT, "assets"), writable: false } } },
};

export interface DirectGateway extends RunningGateway {
  /** Ends the process, and all isolates and objects with it, and starts another one with the same state. */
  restart(): Promise<void>;
}

/** `configText`: as for `startGateway`. */
export async function startDirect(configText: string, options: Options = {}): Promise<DirectGateway> {
  const [gateway] = await startIsolates(configText, 1, options);
  return gateway as DirectGateway;
}

/**
 * The same gateway in several isolates, which share the authorities, D1 and KV, as those of the edge do. Stopping one stops all.
 * `configText`: of all, or of each. The authorities run the code of the first.
 */
export async function startIsolates(
  configText: string | readonly string[],
  count: number,
  options: Options = {},
): Promise<DirectGateway[]> {
  const texts = typeof configText === "string" ? Array<string>(count).fill(configText) : configText;
  const isolates = await Promise.all(
    texts.map(async (text, n) => {
      const port = await freePort();
      return {
        name: `isolate-${n}`,
        port,
        script: withFaults(
          withConstants(await bundleOf(text, port, options.around), options.constants),
          options.faultsOf?.(n),
        ),
      };
    }),
  );
  return runIsolates(writeConfig(texts[0] as string).state, isolates, options);
}

function withConstants(script: string, constants: Constants = {}): string {
  const change = (text: string, [name, value]: [string, number]) =>
    replaceOnce(text, new RegExp(`(?<=^var ${name} = ).*(?=;$)`, "gm"), value);
  return Object.entries(constants).reduce(change, script);
}

function withFaults(script: string, faults: Readonly<Record<string, string>> = {}): string {
  return Object.entries(faults).reduce((text, [find, put]) => {
    if (text.split(find).length !== 2) throw new Error(`the bundle does not have this once: ${find}`);
    return text.replace(find, () => put);
  }, script);
}

interface Isolate {
  readonly name: string;
  readonly port: number;
  /** The bundle that it runs. */
  readonly script: string;
}

interface RunOptions extends Omit<Options, "constants" | "around"> {
  readonly migrations?: (name: string) => boolean;
}

/** Isolates that share one state, which may be that of an earlier run. The authorities run the code of the first. */
export async function runIsolates(
  state: string,
  isolates: readonly Isolate[],
  { signingKeysOf = () => SIGNING_KEYS, migrations = () => true, isTraced = false, inspectorPort }: RunOptions = {},
): Promise<DirectGateway[]> {
  const first = isolates[0]?.name;
  const running = {
    ...convertV4MiniflareOptions({
      workers: [
        ...isolates.map(({ name, script, port }, n) => ({
          name,
          modules: true as const,
          script,
          ...settings(name === first ? undefined : first),
          unsafeDirectSockets: [{ host: "127.0.0.1", port }],
          bindings: {
            KEYGATE_PEPPERS: PEPPERS,
            KEYGATE_ROOT_TOKEN: ROOT_TOKEN,
            KEYGATE_METRICS_TOKEN: METRICS_TOKEN,
            KEYGATE_SIGNING_KEYS: JSON.stringify(signingKeysOf(n)),
          },
          ...(isTraced && { streamingTails: [TRACER.name] }),
        })),
        ASSETS,
        ...(isTraced ? [TRACER] : []),
      ],
      inspectorPort,
      handleStructuredLogs: ({ message }: { message: string }) => appendFileSync(outputFile(state), `${message}\n`),
    }),
    // As wrangler lays it out.
    resourcePersistencePath: join(state, "v3"),
  };
  const miniflare = new Miniflare(running);
  await miniflare.ready;
  await migrate(miniflare, migrations);
  return isolates.map(({ port }) => ({
    ...gatewayAt({ port, state, rootToken: ROOT_TOKEN }),
    stop: () => miniflare.dispose(),
    restart: () => miniflare.setOptions(running),
    forget: () => rmSync(state, { recursive: true, force: true }),
  }));
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
    serviceBindings: { ASSETS: ASSETS.name },
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
