/** A Worker's entry with another configuration in the place of gateway.config.ts: of another environment, or with local base URLs. */

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, unwatchFile, watchFile, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { DEFAULT_CONFIG, inProject, ownModule, shown } from "../operate/project.ts";
import { readWrangler } from "../operate/wrangler-file.ts";
import { Failure } from "../terminal/failure.ts";

const POLL_MS = 200;
const IMPORT = /(\bfrom\s*|\bimport\s*)(["'])(\.{1,2}\/[^"'\n]+)\2/g;

/** Writes the entry and returns its path. `port`: add local base URLs on that port. */
export function writeEntry(config: string, port?: number): string {
  const hash = createHash("sha256").update(`${config}\n${port}`).digest("hex").slice(0, 16);
  const folder = inProject(".wrangler", "keygate", hash);
  mkdirSync(folder, { recursive: true });
  const chosen = port === undefined ? config : join(folder, "config.ts");
  if (port !== undefined) writeFileSync(chosen, localConfig(config, port));
  const entry = join(folder, "entry.ts");
  writeFileSync(entry, entryWith(chosen));
  return entry;
}

/** Writes the entry again whenever the project's own has changed, until the function that it returns is called. */
export function followMain(config: string, port: number, refuse: (error: unknown) => void): () => void {
  const main = mainOfWorker();
  const update = () => {
    try {
      writeEntry(config, port);
    } catch (error) {
      refuse(error);
    }
  };
  watchFile(main, { interval: POLL_MS, persistent: false }, update);
  return () => unwatchFile(main, update);
}

function localConfig(config: string, port: number): string {
  return `import config from ${JSON.stringify(config)};
import { withLocalBaseUrls } from ${JSON.stringify(ownModule("config/local"))};

export default withLocalBaseUrls(config, ${port});
`;
}

/** The project's own entry, which can also have handlers and objects that are not of the gateway. */
function entryWith(config: string): string {
  const main = mainOfWorker();
  let isReplaced = false;
  const text = readFileSync(main, "utf8").replace(IMPORT, (_, keyword: string, quote: string, path: string) => {
    const imported = resolve(dirname(main), path);
    isReplaced ||= imported === DEFAULT_CONFIG;
    return `${keyword}${quote}${imported === DEFAULT_CONFIG ? config : imported}${quote}`;
  });
  if (isReplaced) return text;
  throw new Failure(
    `${shown(main)} does not import gateway.config.ts. Import it there, with its extension, so that another configuration can take its place.`,
  );
}

function mainOfWorker(): string {
  const { file, content } = readWrangler();
  const { main } = content;
  if (typeof main !== "string") throw new Failure(`${shown(file)} has no main. Write: main = "src/index.ts"`);
  const path = resolve(dirname(file), main);
  if (!existsSync(path)) throw new Failure(`There is no ${shown(path)}, which ${shown(file)} names as main.`);
  return path;
}
