/** workerd with the Workers under load, each on its own socket, with no proxy in front. */

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readD1Migrations } from "@cloudflare/vitest-plugin";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { parse } from "smol-toml";
import { newSigningKeys } from "../src/cli/operate/new-signing-keys.ts";
import { inProject } from "../src/cli/operate/project.ts";
import { freePort } from "../test/helpers/gateway.ts";
import { bundle, entryOf, type Kind, onPort } from "./bundle.ts";
import { childNamed, processorMicros, residentBytes } from "./process.ts";
import { type D1Database, PEPPERS } from "./seed.ts";

/** The local stand-ins for KV, D1 and the authorities' storage write to files; a slow disk would be all that is measured. */
const MEMORY_DISK = "/dev/shm";

export const ROOT_TOKEN = `kgr_${"b".repeat(43)}`;
const SIGNING_KEYS = JSON.stringify(newSigningKeys(["production"]));

/**
 * `crowded` is Keygate too, for the cases of many keys: what they leave in its memory is not to slow the others down. `patient`
 * has the longest leases there are.
 */
const GATEWAYS = {
  keygate: {},
  crowded: {},
  patient: { leases: { ttlSeconds: 10 } },
  protecting: { protects: true },
  near: { isNear: true },
} as const satisfies Record<string, Kind>;
const YARDSTICKS = ["bare", "equal"] as const;

type GatewayName = keyof typeof GATEWAYS;
type Yardstick = (typeof YARDSTICKS)[number];
export type WorkerName = Yardstick | GatewayName;

/** A case whose calls are counted, and the Worker that it is about. */
interface Counted {
  readonly name: string;
  readonly worker: WorkerName;
}

interface Options {
  /** For every isolate, also for those that stand in for KV, D1 and the rest. */
  readonly v8Flags?: string;
  /** Each gets a separate isolate and separate authorities, so that nothing is counted that another case leaves behind. */
  readonly counted?: readonly Counted[];
}

export interface Runtime {
  readonly db: D1Database;
  /** `kv.put` and the like, of the namespace that the gateways share. */
  readonly kv: Awaited<ReturnType<Miniflare["getKVNamespace"]>>;
  /** The address of a Worker, without a slash at its end. */
  readonly urls: Readonly<Record<WorkerName, string>>;
  /** The same, of the Workers in which cases are counted, by the names of the cases. */
  readonly counters: Readonly<Record<string, string>>;
  /** The next line that any of the Workers logs. */
  nextLog(): Promise<string>;
  /** Resident memory of workerd, in bytes. */
  memory(): number;
  /** Processor time that workerd has taken, in microseconds. */
  processorTime(): number;
  stop(): Promise<void>;
}

export async function startRuntime(origin: string, stop: AbortSignal, options: Options = {}): Promise<Runtime> {
  const { v8Flags = "", counted = [] } = options;
  const state = mkdtempSync(join(existsSync(MEMORY_DISK) ? MEMORY_DISK : tmpdir(), "keygate-bench-"));
  process.once("exit", () => rmSync(state, { recursive: true, force: true }));
  let hearLog: ((line: string) => void) | undefined;
  const workers = await workersFor(counted, stop);
  process.env.MINIFLARE_WORKERD_V8_FLAGS = v8Flags;
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      resourcePersistencePath: state,
      handleStructuredLogs: ({ message }) => hearLog?.(message),
      workers: workers.map(({ name, script, port, isGateway }) => ({
        name,
        modules: true,
        script,
        ...compatibility(),
        unsafeDirectSockets: [{ host: "127.0.0.1", port }],
        serviceBindings: { ORIGIN: { external: { address: new URL(origin).host, http: {} } } },
        ...(isGateway && gatewayBindings()),
      })),
    }),
  );
  await miniflare.ready;
  const db = await miniflare.getD1Database("DB", "keygate");
  await migrate(db);
  const workerd = childNamed("workerd");
  const urls = Object.fromEntries(workers.map(({ name, port }) => [name, `http://127.0.0.1:${port}`]));
  return {
    db,
    kv: await miniflare.getKVNamespace("KV", "keygate"),
    urls: urls as Runtime["urls"],
    counters: Object.fromEntries(counted.map(({ name }, n) => [name, urls[counterName(n)] as string])),
    nextLog: () =>
      new Promise((resolve) => {
        hearLog = resolve;
      }),
    memory: () => residentBytes(workerd),
    processorTime: () => processorMicros(workerd),
    stop: () => miniflare.dispose(),
  };
}

interface Worker {
  readonly name: string;
  readonly script: string;
  readonly port: number;
  readonly isGateway: boolean;
}

async function workersFor(counted: readonly Counted[], stop: AbortSignal): Promise<Worker[]> {
  const folder = inProject(".wrangler", "bench");
  mkdirSync(folder, { recursive: true });
  const bundles = new Map<string, Promise<string>>();
  const bundleOf = (kind: Kind) => {
    const entry = entryOf(kind);
    const file = join(folder, `${bundles.size}.ts`);
    const known = bundles.get(entry);
    if (known) return known;
    writeFileSync(file, entry);
    const made = bundle(file, stop);
    bundles.set(entry, made);
    return made;
  };
  const gateway = async (name: string, kind: Kind): Promise<Worker> => {
    const port = await freePort();
    return { name, script: onPort(await bundleOf(kind), port), port, isGateway: true };
  };
  try {
    return await Promise.all([
      ...YARDSTICKS.map(async (name) => ({ name, script: yardstick(name), port: await freePort(), isGateway: false })),
      ...Object.entries(GATEWAYS).map(([name, kind]) => gateway(name, kind)),
      ...counted.map(({ worker }, n) => gateway(counterName(n), { ...kindOf(worker), counts: true })),
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function kindOf(worker: WorkerName): Kind {
  if (worker === "bare" || worker === "equal") throw new Error(`${worker} calls nothing that is counted`);
  return GATEWAYS[worker];
}

function counterName(n: number): string {
  return `counting-${n}`;
}

function yardstick(name: Yardstick): string {
  return stripTypeScriptTypes(readFileSync(inProject("bench", "workers", `${name}.ts`), "utf8"));
}

function gatewayBindings() {
  return {
    d1Databases: { DB: "DB" },
    kvNamespaces: { KV: "KV" },
    durableObjects: {
      AUTHORITY: { className: "KeyAuthority", useSQLite: true },
      COURIER: { className: "Courier", useSQLite: true },
    },
    // All clients have one address here; how many keys it may look up is not what is measured.
    ratelimits: { LOOKUP_BUDGET: { namespace_id: "4201", simple: { limit: 10_000_000, period: 60 as const } } },
    bindings: {
      KEYGATE_PEPPERS: PEPPERS,
      KEYGATE_ROOT_TOKEN: ROOT_TOKEN,
      KEYGATE_SIGNING_KEYS: SIGNING_KEYS,
    },
  };
}

function compatibility(): { compatibilityDate: string; compatibilityFlags: string[] } {
  const wrangler = parse(readFileSync(inProject("wrangler.toml"), "utf8"));
  return {
    compatibilityDate: String(wrangler.compatibility_date),
    compatibilityFlags: wrangler.compatibility_flags as string[],
  };
}

async function migrate(db: D1Database): Promise<void> {
  for (const { queries } of await readD1Migrations(inProject("migrations"))) {
    for (const query of queries) await db.prepare(query).run();
  }
}
