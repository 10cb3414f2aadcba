/** A Worker entry for a configuration other than that of wrangler.toml's main, or with local base URLs. */

import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { inProject, ownModule } from "../operate/project.ts";

/** Writes the entry and returns its path. `port`: add local base URLs on that port. */
export function writeEntry(config: string, port?: number): string {
  const hash = createHash("sha256").update(`${config}\n${port}`).digest("hex").slice(0, 16);
  const file = inProject(".wrangler", "keygate", hash, "entry.ts");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, entryText(config, port));
  return file;
}

function entryText(config: string, port?: number): string {
  const path = (name: string) => JSON.stringify(ownModule(name));
  const local = port === undefined ? "config" : `withLocalBaseUrls(config, ${port})`;
  return `import config from ${JSON.stringify(config)};
import { createGateway } from ${path("worker")};
import { withLocalBaseUrls } from ${path("config/local")};

const gateway = createGateway(${local});

export default gateway;
export const { KeyAuthority, Courier } = gateway;
`;
}
