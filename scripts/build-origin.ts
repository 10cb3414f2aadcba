/** Builds what the package `keygate-origin` contains, from `src/origin`. */

import { rmSync } from "node:fs";
import { join } from "node:path";
import { compile, ROOT } from "./build.ts";

export function buildOrigin(): void {
  rmSync(join(ROOT, "packages/origin/dist"), { recursive: true, force: true });
  compile("tsconfig.build-origin.json");
}

if (import.meta.main) buildOrigin();
