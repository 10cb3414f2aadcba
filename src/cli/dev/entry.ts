/** A Worker entry for a configuration other than that of src/worker.ts, or with local base URLs. */

import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { inProject } from "../operate/project.ts";

/** Writes the entry and returns its path. `port`: add local base URLs on that port. */
export function writeEntry(config: string, port?: number): string {
  const hash = createHash("sha256").update(`${config}\n${port}`).digest("hex").slice(0, 16);
  const file = inProject(".wrangler", "keygate", hash, "entry.ts");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, entryText(config, port));
  return file;
}

function entryText(config: string, port?: number): string {
  const path = (...parts: string[]) => JSON.stringify(inProject(...parts));
  const local = port === undefined ? "config" : `withLocalBaseUrls(config, ${port})`;
  return `import config from ${JSON.stringify(config)};
import { createGateway } from ${path("src", "app.ts")};
import { withLocalBaseUrls } from ${path("src", "config", "local.ts")};

const gateway = createGateway(${local});

export default gateway.worker;
export const KeyAuthority = gateway.KeyAuthority;
export const Courier = gateway.Courier;
`;
}
