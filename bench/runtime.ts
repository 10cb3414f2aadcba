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
import { quantile } from "./order.ts";
import { childNamed, processorMicros, residentBytes } from "./process.ts";
import { type D1Database, PEPPERS } from "./seed.ts";

/** The local stand-ins for KV, D1 and the authorities' storage write to files; a slow disk would be all that is measured. */
const MEMORY_DISK = "/dev/shm";

export const ROOT_TOKEN = `kgr_${"b".repeat(43)}`;
const SIGNING_KEYS = JSON.stringify(newSigningKeys(["production"]));

/**
 * `several` and `crowded` are Keygate too, for the cases of more keys: what they leave in its memory is not to slow the others down. `patient`
 * has the longest leases there are. `delayed` is three isolates with the same objects.
 */
const GATEWAYS = {
  keygate: {},
  several: {},
  crowded: {},
  patient: { leases: { ttlSeconds: 10 } },
  protecting: { protects: true },
  near: { isNear: true },
  ...{ delayed: { delays: true }, "delayed-2": { delays: true }, "delayed-3": { delays: true } },
} as const satisfies Record<string, Kind>;
const YARDSTICKS = ["bare", "equal"] as const;

type GatewayName = keyof typeof GATEWAYS;
type Yardstick = (typeof YARDSTICKS)[number];
/** What others do. `better-auth` runs if it is asked for. */
const PEERS = ["kv-and-object", "better-auth"] as const;
type Peer = (typeof PEERS)[number];
export type WorkerName = Yardstick | GatewayName | Peer;

/** A case whose calls are counted, and the Worker that it is about. */
interface Counted {
  readonly name: string;
  readonly worker: WorkerName;
}

export interface RuntimeOptions {
  /** For every isolate, also for those that stand in for KV, D1 and the rest. */
  readonly v8Flags?: string;
  /** Each gets a separate isolate and separate authorities, so that nothing is counted that another case leaves behind. */
  readonly counted?: readonly Counted[];
  readonly betterAuth?: boolean;
  readonly inspectorPort?: number;
}

export interface Waits {
  /** The share that waited for no binding. */
  readonly hits: number;
  /** The share with a key that the isolate did not know, and looked up. */
  readonly unknown: number;
  /** Milliseconds for which requests waited for KV, D1 and objects, as the gateway logs them. */
  readonly p50: number;
  readonly p95: number;
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
  /** How requests of keys waited since the last call; `null` if there were none. */
  takeWaits(): Waits | null;
  /** Resident memory of workerd, in bytes. */
  memory(): number;
  /** Processor time that workerd has taken, in microseconds. */
  processorTime(): number;
  stop(): Promise<void>;
}

export async function startRuntime(origin: string, stop: AbortSignal, options: RuntimeOptions = {}): Promise<Runtime> {
  const { v8Flags = "", counted = [], betterAuth = false, inspectorPort } = options;
  const state = mkdtempSync(join(existsSync(MEMORY_DISK) ? MEMORY_DISK : tmpdir(), "keygate-bench-"));
  process.once("exit", () => rmSync(state, { recursive: true, force: true }));
  let hearLog: ((line: string) => void) | undefined;
  let waits: number[] = [];
  let held = 0;
  let known = 0;
  const workers = await workersFor(counted, betterAuth ? PEERS : PEERS.slice(0, 1), stop);
  process.env.MINIFLARE_WORKERD_V8_FLAGS = v8Flags;
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      resourcePersistencePath: state,
      ...(inspectorPort && { inspectorPort }),
      handleStructuredLogs: ({ message }) => {
        hearLog?.(message);
        if (!message.includes('"lease":"')) return;
        waits.push(waitIn(message));
        if (!message.includes('"found_in":"memory"')) return;
        known += 1;
        if (message.includes('"lease":"held"')) held += 1;
      },
      workers: workers.map(({ name, script, port, bindings }) => ({
        name,
        modules: true,
        script,
        ...compatibility(name === "better-auth" ? ["nodejs_compat"] : []),
        unsafeDirectSockets: [{ host: "127.0.0.1", port }],
        serviceBindings: { ORIGIN: { external: { address: new URL(origin).host, http: {} } } },
        ...bindings,
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
    takeWaits: () => {
      const sorted = waits.toSorted((one, other) => one - other);
      const [hits, unknown] = [held / sorted.length, 1 - known / sorted.length];
      [waits, held, known] = [[], 0, 0];
      return sorted.length === 0 ? null : { hits, unknown, p50: quantile(sorted, 0.5), p95: quantile(sorted, 0.95) };
    },
    memory: () => residentBytes(workerd),
    processorTime: () => processorMicros(workerd),
    stop: async () => {
      await miniflare.dispose();
      // In memory, and of no use to the next runtime.
      rmSync(state, { recursive: true, force: true });
    },
  };
}

function waitIn(line: string): number {
  return [...line.matchAll(/"(?:identify|lease)_ms":(\d+)/g)].reduce((sum, [, ms]) => sum + Number(ms), 0);
}

export function isOfGateway(worker: WorkerName): boolean {
  return worker in GATEWAYS;
}

interface Worker {
  readonly name: string;
  readonly script: string;
  readonly port: number;
  readonly bindings: object;
}

async function workersFor(counted: readonly Counted[], peers: readonly Peer[], stop: AbortSignal): Promise<Worker[]> {
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
    const objects = kind.delays ? "delayed" : name;
    return { name, script: onPort(await bundleOf(kind), port), port, bindings: gatewayBindings(objects, name) };
  };
  try {
    return await Promise.all([
      ...YARDSTICKS.map(async (name) => ({ name, script: yardstick(name), port: await freePort(), bindings: {} })),
      ...Object.entries(GATEWAYS).map(([name, kind]) => gateway(name, kind)),
      ...peers.map((name) => peer(name, stop)),
      ...counted.map(({ worker }, n) => gateway(counterName(n), { ...kindOf(worker), counts: true })),
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function peer(name: Peer, stop: AbortSignal): Promise<Worker> {
  const flags = ["--config", inProject("bench", "peers", "wrangler.toml")];
  const script = await bundle(inProject("bench", "peers", `${name}.ts`), stop, flags);
  const bindings =
    name === "better-auth"
      ? { d1Databases: { DB: "PEER" } }
      : { kvNamespaces: { KV: "KV" }, durableObjects: { COUNTER: { className: "Counter", useSQLite: true } } };
  return { name, script, port: await freePort(), bindings };
}

function kindOf(worker: WorkerName): Kind {
  if (!isOfGateway(worker)) throw new Error(`${worker} calls nothing that is counted`);
  return GATEWAYS[worker as GatewayName];
}

function counterName(n: number): string {
  return `counting-${n}`;
}

function yardstick(name: Yardstick): string {
  return stripTypeScriptTypes(readFileSync(inProject("bench", "workers", `${name}.ts`), "utf8"));
}

/** `objects`: the Worker whose objects they are. */
function gatewayBindings(objects: string, name: string) {
  const ofObject = (className: string) => ({
    className,
    useSQLite: true,
    ...(objects !== name && { scriptName: objects }),
  });
  return {
    d1Databases: { DB: "DB" },
    kvNamespaces: { KV: "KV" },
    durableObjects: {
      AUTHORITY: ofObject("KeyAuthority"),
      COURIER: ofObject("Courier"),
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

function compatibility(flags: readonly string[]): { compatibilityDate: string; compatibilityFlags: string[] } {
  const wrangler = parse(readFileSync(inProject("wrangler.toml"), "utf8"));
  return {
    compatibilityDate: String(wrangler.compatibility_date),
    compatibilityFlags: [...(wrangler.compatibility_flags as string[]), ...flags],
  };
}

async function migrate(db: D1Database): Promise<void> {
  for (const { queries } of await readD1Migrations(inProject("migrations"))) {
    for (const query of queries) await db.prepare(query).run();
  }
}
