/** Measures what a deploy uploads, as wrangler.toml says (`minify`): its size and its start time. */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { writeEntry } from "../dev/entry.ts";
import { inEnvironment } from "./migrate.ts";
import { DEFAULT_CONFIG } from "./project.ts";
import { runWrangler } from "./wrangler.ts";

const STARTS = 5;
const MAX_STARTS = 25;

export interface Bundle {
  readonly gzipKb: number;
  readonly startupMs: number;
}

/**
 * The bundle of one configuration, as an environment of wrangler.toml has it. A KB is 1,000 bytes. The start time is the
 * fastest of five starts, because other work on the machine can only add to it; if none takes less than `wantedMs`, more
 * starts are measured.
 */
export async function measureBundle(config: string, env: string | undefined, wantedMs: number): Promise<Bundle> {
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
    for (let n = 0; n < STARTS || (n < MAX_STARTS && Math.min(...starts) >= wantedMs); n++) {
      const profile = join(folder, `${n}.cpuprofile`);
      await runWrangler(["check", "startup", "--worker", upload, "--outfile", profile], never);
      starts.push(activeMs(JSON.parse(readFileSync(profile, "utf8"))));
    }
    return { gzipKb: gzippedBytes(modules) / 1000, startupMs: Math.min(...starts) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
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
