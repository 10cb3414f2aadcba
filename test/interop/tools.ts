/** What other languages' tests run with. */

import { spawnSync } from "node:child_process";

/** A Python that has these modules: Debian's, or the first on the path. */
export function pythonWith(modules: string): string {
  const found = ["/usr/bin/python3", "python3"].find(
    (path) => spawnSync(path, ["-c", `import ${modules}`]).status === 0,
  );
  return found ?? "python3";
}
