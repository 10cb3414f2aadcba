/** The gateways you signed in to, by name, in a file that only you can read. */

import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { Failure } from "../terminal/failure.ts";
import { fileFailure } from "../terminal/file-failure.ts";
import type { Connection } from "./api.ts";

export type Profiles = Readonly<Record<string, Connection>>;

export const DEFAULT_PROFILE = "default";

/** https://specifications.freedesktop.org/basedir-spec/latest/ */
export function profilesFile(): string {
  return join(process.env.XDG_CONFIG_HOME || join(homedir(), ".config"), "keygate", "config.json");
}

export function readProfiles(file = profilesFile()): Profiles {
  if (!existsSync(file)) return {};
  try {
    const { profiles } = JSON.parse(readFileSync(file, "utf8"));
    if (Object.values<Connection>(profiles).every(({ url, token }) => typeof url === "string" && Boolean(token))) {
      return profiles;
    }
  } catch {
    // Reported below.
  }
  throw new Failure(`${file} cannot be read. Fix it, or delete it and sign in again.`);
}

/** Atomic. */
export function writeProfiles(profiles: Profiles, file = profilesFile()): void {
  const draft = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(draft, `${JSON.stringify({ profiles }, null, 2)}\n`, { mode: 0o600 });
    chmodSync(draft, 0o600);
    renameSync(draft, file);
  } catch (error) {
    throw fileFailure(error, "Fix that, or set XDG_CONFIG_HOME to a folder where you can write.") ?? error;
  }
}
