/** A local D1 in a folder that goes when the process ends, filled past D1 itself: a million keys through it would take ten minutes. */

import { existsSync, globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readD1Migrations } from "@cloudflare/vitest-plugin";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { fill } from "./scale-fill.ts";

const MEMORY_DISK = "/dev/shm";
const MIGRATIONS = join(import.meta.dirname, "..", "migrations");

export async function startFilled(keys: number, progress: (made: number) => void): Promise<Miniflare> {
  const state = mkdtempSync(join(existsSync(MEMORY_DISK) ? MEMORY_DISK : tmpdir(), "keygate-scale-"));
  process.once("exit", () => rmSync(state, { recursive: true, force: true }));
  const empty = await start(state);
  await migrate(empty);
  await empty.dispose();
  const [file] = globSync(join(state, "d1", "*", "*.sqlite"), { exclude: (name) => String(name).includes("metadata") });
  fill(file as string, keys, progress);
  return start(state);
}

async function start(state: string): Promise<Miniflare> {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      resourcePersistencePath: state,
      workers: [
        {
          name: "scale",
          modules: true,
          script: "export default {};",
          compatibilityDate: "2026-10-01",
          d1Databases: { DB: "DB" },
        },
      ],
    }),
  );
  await miniflare.ready;
  return miniflare;
}

async function migrate(miniflare: Miniflare): Promise<void> {
  const db = await miniflare.getD1Database("DB", "scale");
  for (const { queries } of await readD1Migrations(MIGRATIONS)) {
    for (const query of queries) await db.prepare(query).run();
  }
}
