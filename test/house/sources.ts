/** The project's own files, as text. */

import { globSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

export const PROJECT = resolve(import.meta.dirname, "../..");

export interface Source {
  /** From the project's folder. */
  readonly path: string;
  readonly text: string;
  /** What it imports or re-exports: paths from the project's folder, or the names of packages. */
  readonly imports: readonly string[];
}

export function read(path: string): string {
  return readFileSync(join(PROJECT, path), "utf8");
}

export function sources(pattern = "src/**/*.{ts,tsx}"): Source[] {
  return globSync(pattern, { cwd: PROJECT }).map((path) => {
    const text = read(path);
    return {
      path,
      text,
      imports: importsOf(text).map((name) => (name.startsWith(".") ? join(dirname(path), name) : name)),
    };
  });
}

/** Static and dynamic ones, those of types too. */
function importsOf(text: string): string[] {
  const forms = /^\s*(?:import|export)\b[^;'"]*?\bfrom\s+"([^"]+)"|^\s*import\s+"([^"]+)"|\bimport\(\s*"([^"]+)"/gm;
  return [...text.matchAll(forms)].map(([, from, bare, dynamic]) => (from ?? bare ?? dynamic) as string);
}
