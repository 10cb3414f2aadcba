/**
 * The running gateway gets a copy of gateway.config.ts, bundled with what it imports. A change reaches the copy only if it has no
 * mistake: a Worker whose configuration cannot be used does not start, and would take the running one with it.
 */

import { createHash } from "node:crypto";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import type { GatewayConfig } from "../../config/types.ts";
import { configIn } from "../operate/checked-config.ts";
import { inProject, ROOT, shown } from "../operate/project.ts";
import { bundlerOfWrangler } from "../operate/wrangler.ts";
import { complain } from "../terminal/complain.ts";
import { Failure } from "../terminal/failure.ts";

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
    if (hasCopy) complain(`${(error as Error).message}\nThe gateway still runs with the configuration from before.\n`);
  }

  const context = await bundlerOfWrangler().context({
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
    logLevel: "silent",
    plugins: [
      {
        name: "copy",
        setup(build: Build) {
          build.onEnd(async ({ errors, outputFiles }) => {
            if (errors.length === 0) return take(outputFiles?.[0]?.text ?? "").catch(refuse);
            latest = undefined;
            refuse(unreadable(file, errors));
          });
        },
      },
    ],
  });
  await context.rebuild().catch(() => {});
  if (hasCopy) await context.watch();
  else await context.dispose();
  if (!hasCopy) throw failure;
  return () => context.dispose();
}

/** https://esbuild.github.io/plugins/#on-end */
interface Build {
  onEnd(callback: (result: { errors: Mistake[]; outputFiles?: { text: string }[] }) => Promise<void>): void;
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
