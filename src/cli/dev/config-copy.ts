/**
 * The running gateway gets a copy of gateway.config.ts, bundled with what it imports. A change reaches the copy only if it has no
 * mistake: a Worker whose configuration cannot be used does not start, and would take the running one with it.
 */

import { createHash } from "node:crypto";
import { mkdirSync, renameSync, unwatchFile, watchFile, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { GatewayConfig } from "../../config/types.ts";
import { configIn } from "../operate/checked-config.ts";
import { inProject, ROOT, shown } from "../operate/project.ts";
import { bundlerOfWrangler } from "../operate/wrangler.ts";
import { complain } from "../terminal/complain.ts";
import { Failure } from "../terminal/failure.ts";

const LOOK_MS = 300;

interface Copying {
  /** gateway.config.ts, checked. */
  readonly file: string;
  readonly copy: string;
  /** Throws a `Failure` for a configuration that cannot be used. */
  readonly accept: (config: GatewayConfig) => void;
}

/** Where the copy is, for a gateway on this port. */
export function copyOf(file: string, port: number): string {
  const hash = createHash("sha256").update(`${file}\n${port}`).digest("hex").slice(0, 16);
  return inProject(".wrangler", "keygate", hash, "gateway.config.mjs");
}

/** Writes the copy, and keeps it up to date until the function that it returns is called. */
export async function keepCopy({ file, copy, accept }: Copying): Promise<() => Promise<void>> {
  mkdirSync(dirname(copy), { recursive: true });
  let hasCopy = false;
  let latest: string | undefined;
  let attempts = 0;
  let failure: unknown;

  async function take(text: string): Promise<void> {
    if (text === latest) return;
    latest = text;
    const draft = `${copy.replace(/\.mjs$/, "")}.draft.mjs`;
    writeFileSync(draft, text);
    // Node keeps modules by their URL.
    accept(await configIn(file, `${pathToFileURL(draft).href}?${attempts++}`));
    renameSync(draft, copy);
    if (hasCopy) process.stdout.write(`${shown(file)} has changed: the gateway uses it now.\n`);
    hasCopy = true;
  }

  function refuse(error: unknown): void {
    failure = error;
    if (hasCopy) complain(`${(error as Error).message}\nThe gateway still runs with the previous configuration.\n`);
  }

  async function build(): Promise<void> {
    const bundler = bundlerOfWrangler();
    try {
      const { outputFiles, metafile } = await bundler.build({
        entryPoints: [file],
        absWorkingDir: ROOT,
        bundle: true,
        format: "esm",
        // As wrangler would bundle it.
        platform: "browser",
        conditions: ["workerd", "worker", "browser"],
        external: ["node:*", "cloudflare:*"],
        target: "esnext",
        sourcemap: "inline",
        write: false,
        metafile: true,
        logLevel: "silent",
      });
      files.follow(Object.keys(metafile.inputs).map((path) => resolve(ROOT, path)));
      await take(outputFiles[0]?.text ?? "").catch(refuse);
    } catch (error) {
      latest = undefined;
      const { errors = [], message } = error as Error & { errors?: Mistake[] };
      refuse(unreadable(file, errors.length > 0 ? errors : [{ text: message, location: null }]));
    } finally {
      // Its process would outlive this one if that is killed.
      await bundler.stop();
    }
  }

  const files = new Followed(() => {
    building = building.then(build);
  });
  // A file that is new can be one that was missing.
  files.follow([file, dirname(file)]);
  let building = build();
  await building;
  if (!hasCopy) files.release();
  if (!hasCopy) throw failure;
  return async () => {
    files.release();
    await building;
  };
}

/** Calls back whenever one of some files has changed. By their times, since editors save in many ways. */
class Followed {
  readonly #onChange: () => void;
  readonly #paths = new Set<string>();

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  follow(paths: readonly string[]): void {
    for (const path of paths) {
      if (this.#paths.has(path)) continue;
      this.#paths.add(path);
      watchFile(path, { interval: LOOK_MS, persistent: false }, this.#onChange);
    }
  }

  release(): void {
    for (const path of this.#paths) unwatchFile(path, this.#onChange);
  }
}

interface Mistake {
  readonly text: string;
  readonly location: { file: string; line: number; column: number; lineText: string } | null;
}

function unreadable(file: string, mistakes: readonly Mistake[]): Failure {
  const lines = mistakes.flatMap(({ text, location }) =>
    location
      ? [`  ${location.file}:${location.line}:${location.column + 1}: ${text}`, `    ${location.lineText.trim()}`]
      : [`  ${text}`],
  );
  return new Failure([`${shown(file)} cannot be read:`, ...lines].join("\n"));
}
