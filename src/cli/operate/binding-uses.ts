/** Which bindings the Worker's own code uses, beside the gateway: a Worker can also have other handlers and objects. */

import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { inProject } from "./project.ts";

/** `main`: the Worker's entry, as wrangler.toml names it. */
export function usesOf(main: unknown): (binding: string) => boolean {
  if (typeof main !== "string") return () => false;
  const folder = dirname(inProject(main));
  const exclude = (name: string) => name === "node_modules" || name.startsWith(".");
  let texts: string[] | undefined;
  return (binding) => {
    texts ??= globSync("**/*.{ts,tsx,js,jsx,mjs}", { cwd: folder, exclude }).map((name) =>
      readFileSync(join(folder, name), "utf8"),
    );
    const used = new RegExp(
      `\\benv\\??\\.${binding}\\b|\\[["']${binding}["']\\]|\\b${binding}\\b[^{}]*\\}\\s*=\\s*[\\w.]*\\benv\\b`,
    );
    return /^\w+$/.test(binding) && texts.some((text) => used.test(text));
  };
}
