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
import { bundle, countingEntry, gatewayEntry, nearEntry } from "./bundle.ts";
import { childNamed, processorMicros, residentBytes } from "./process.ts";
import { type D1Database, PEPPERS } from "./seed.ts";

/** The local stand-ins for KV, D1 and the authorities' storage write to files; a slow disk would be all that is measured. */
const MEMORY_DISK = "/dev/shm";

export const ROOT_TOKEN = `kgr_${"b".repeat(43)}`;
const SIGNING_KEYS = JSON.stringify(newSigningKeys(["production"]));

/**
 * `crowded` is Keygate too, for the cases of many keys: what they leave in its memory is not to slow the others down. `patient`
 * has the longest leases there are. The two that count stand in for them where calls are counted.
 */
export const WORKERS = [
  "bare",
  "equal",
  "keygate",
  "crowded",
  "patient",
  "counting",
  "countingPatient",
  "near",
] as const;
export type WorkerName = (typeof WORKERS)[number];

export interface Runtime {
  readonly db: D1Database;
  /** `kv.put` and the like, of the namespace that the gateways share. */
  readonly kv: Awaited<ReturnType<Miniflare["getKVNamespace"]>>;
  /** The address of a Worker, without a slash at its end. */
  readonly urls: Readonly<Record<WorkerName, string>>;
  /** The next line that any of the Workers logs. */
  nextLog(): Promise<string>;
  /** Resident memory of workerd, in bytes. */
  memory(): number;
  /** Processor time that workerd has taken, in microseconds. */
  processorTime(): number;
  stop(): Promise<void>;
}

/** `v8Flags`: for every isolate, also for those that stand in for KV, D1 and the rest. */
export async function startRuntime(origin: string, stop: AbortSignal, v8Flags = ""): Promise<Runtime> {
  const folder = inProject(".wrangler", "bench");
  mkdirSync(folder, { recursive: true });
  const ports = Object.fromEntries(await Promise.all(WORKERS.map(async (name) => [name, await freePort()])));
  const state = mkdtempSync(join(existsSync(MEMORY_DISK) ? MEMORY_DISK : tmpdir(), "keygate-bench-"));
  process.once("exit", () => rmSync(state, { recursive: true, force: true }));
  let hearLog: ((line: string) => void) | undefined;
  const scripts = await bundleAll(folder, ports, stop);
  process.env.MINIFLARE_WORKERD_V8_FLAGS = v8Flags;
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      resourcePersistencePath: state,
      handleStructuredLogs: ({ message }) => hearLog?.(message),
      workers: WORKERS.map((name) => ({
        name,
        modules: true,
        script: scripts[name],
        ...compatibility(),
        unsafeDirectSockets: [{ host: "127.0.0.1", port: ports[name] }],
        serviceBindings: { ORIGIN: { external: { address: new URL(origin).host, http: {} } } },
        ...(name === "bare" || name === "equal" ? {} : gatewayBindings()),
      })),
    }),
  );
  await miniflare.ready;
  const db = await miniflare.getD1Database("DB", "keygate");
  await migrate(db);
  const workerd = childNamed("workerd");
  return {
    db,
    kv: await miniflare.getKVNamespace("KV", "keygate"),
    urls: Object.fromEntries(WORKERS.map((name) => [name, `http://127.0.0.1:${ports[name]}`])) as Runtime["urls"],
    nextLog: () =>
      new Promise((resolve) => {
        hearLog = resolve;
      }),
    memory: () => residentBytes(workerd),
    processorTime: () => processorMicros(workerd),
    stop: () => miniflare.dispose(),
  };
}

const LONGEST = { ttlSeconds: 10 };

async function bundleAll(
  folder: string,
  ports: Record<WorkerName, number>,
  stop: AbortSignal,
): Promise<Record<WorkerName, string>> {
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  try {
    const [keygate, crowded, patient, counting, countingPatient, near] = await Promise.all([
      bundle(write("keygate.ts", gatewayEntry(ports.keygate)), stop),
      bundle(write("crowded.ts", gatewayEntry(ports.crowded)), stop),
      bundle(write("patient.ts", gatewayEntry(ports.patient, LONGEST)), stop),
      bundle(write("counting.ts", countingEntry(ports.counting)), stop),
      bundle(write("counting-patient.ts", countingEntry(ports.countingPatient, LONGEST)), stop),
      bundle(write("near.ts", nearEntry(ports.near)), stop),
    ]);
    const yardsticks = { bare: yardstick("bare"), equal: yardstick("equal") };
    return { ...yardsticks, keygate, crowded, patient, counting, countingPatient, near };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function yardstick(name: "bare" | "equal"): string {
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
