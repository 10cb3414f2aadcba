/** Measures what a deploy uploads, as wrangler.toml says (`minify`): its size and its start time. */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Script } from "node:vm";
import { gzipSync } from "node:zlib";
import { writeEntry } from "../dev/entry.ts";
import { inEnvironment } from "./migrate.ts";
import { DEFAULT_CONFIG } from "./project.ts";
import { runWrangler } from "./wrangler.ts";

const STARTS = 5;
const MAX_STARTS = 25;

/** A start may take this where the fixed script takes `REFERENCE_MS`; on a slower machine, more in proportion. */
const MAX_STARTUP_MS = 100;
const REFERENCE_MS = 50;

export interface Bundle {
  readonly gzipKb: number;
  readonly startupMs: number;
  /** A start has to take less. It is higher where the machine is slower now. */
  readonly startupLimitMs: number;
}

/**
 * The bundle of one configuration, as an environment of wrangler.toml has it. A KB is 1,000 bytes. The start time is the
 * fastest of five starts, because other work on the machine can only add to it; if none is fast enough, more starts are
 * measured.
 */
export async function measureBundle(config: string, env: string | undefined): Promise<Bundle> {
  const folder = mkdtempSync(join(tmpdir(), "keygate-bundle-"));
  const never = new AbortController().signal;
  const upload = join(folder, "upload");
  const modules = join(folder, "modules");
  try {
    const entry = config === DEFAULT_CONFIG ? [] : [writeEntry(config)];
    await runWrangler(
      ["deploy", ...entry, ...inEnvironment(env), "--dry-run", "--outdir", modules, "--outfile", upload],
      never,
    );
    const starts: number[] = [];
    const references: number[] = [];
    const limit = () => Math.round(MAX_STARTUP_MS * Math.max(1, Math.min(...references) / REFERENCE_MS));
    for (let n = 0; n < STARTS || (n < MAX_STARTS && Math.min(...starts) >= limit()); n++) {
      references.push(referenceMs(n));
      const profile = join(folder, `${n}.cpuprofile`);
      await runWrangler(["check", "startup", "--worker", upload, "--outfile", profile], never);
      starts.push(activeMs(JSON.parse(readFileSync(profile, "utf8"))));
    }
    return { gzipKb: gzippedBytes(modules) / 1000, startupMs: Math.min(...starts), startupLimitMs: limit() };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Processor time of a fixed script. `n`: V8 keeps what it has compiled. */
function referenceMs(n: number): number {
  const script = Array.from({ length: 5_000 }, (_, at) => `((a) => ({ a, b: [a, ${at}] }))(${n});`).join("\n");
  const before = process.cpuUsage();
  new Script(script).runInThisContext();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

interface Profile {
  nodes: { id: number; callFrame: { functionName: string } }[];
  samples: number[];
  /** Microseconds between samples. */
  timeDeltas: number[];
}

/** The time the Worker was busy. The profile's own span also contains the profiler's waiting. */
export function activeMs({ nodes, samples, timeDeltas }: Profile): number {
  const idle = new Set(nodes.filter(({ callFrame }) => callFrame.functionName === "(idle)").map(({ id }) => id));
  return timeDeltas.reduce((sum, delta, at) => (idle.has(samples[at] as number) ? sum : sum + delta), 0) / 1000;
}

function gzippedBytes(folder: string): number {
  const uploaded = readdirSync(folder).filter((name) => !name.endsWith(".map") && name !== "README.md");
  return uploaded.reduce((sum, name) => sum + gzipSync(readFileSync(join(folder, name))).length, 0);
}
