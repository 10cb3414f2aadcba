/** What other languages' tests run with. */

import { spawnSync } from "node:child_process";

/** A Python that has PyJWT and the client of Prometheus: Debian's own, or the first on the path. */
export const PYTHON =
  ["/usr/bin/python3", "python3"].find(
    (path) => spawnSync(path, ["-c", "import jwt, cryptography, prometheus_client"]).status === 0,
  ) ?? "python3";
