/** `.dev.vars`: the secrets of the local gateway, in the form that wrangler reads. */

import { randomBytes } from "node:crypto";
import { existsSync, linkSync, readFileSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { parseSigningKeys, type SigningKeys } from "../../domain/signing-keys.ts";
import { newSigningKeys } from "../operate/new-signing-keys.ts";
import { shown } from "../operate/project.ts";
import { Failure } from "../terminal/failure.ts";
import { refuseToCommit } from "../terminal/secret-file.ts";

/** The required form of each secret. */
const FORMS = {
  KEYGATE_PEPPERS: "p1:<32 random bytes, base64url>",
  KEYGATE_ROOT_TOKEN: "kgr_<32 random bytes, base64url>",
};

const SIGNING_KEYS = "KEYGATE_SIGNING_KEYS";

/**
 * Creates the file if there is none. Adds signing keys for environments that lack them, and leaves all else
 * unchanged. Returns whether it created the file.
 */
export function ensureDevVars(file: string, environments: readonly string[]): boolean {
  const made = !existsSync(file) && create(file);
  const vars = readDevVars(file);
  const lacking = Object.entries(FORMS).filter(([name]) => !vars[name]);
  if (lacking.length > 0) {
    const lines = lacking.map(([name, form]) => `${name}=${form}`);
    throw new Failure(
      `${shown(file)} lacks ${lacking.map(([name]) => name).join(" and ")}. Add: ${lines.join("  and  ")}`,
    );
  }
  completeSigningKeys(file, environments);
  return made;
}

/** Repeats until no environment lacks one: another gateway that is starting can write the same line. */
function completeSigningKeys(file: string, environments: readonly string[]): void {
  for (;;) {
    const keys = readSigningKeys(file);
    const lacking = environments.filter((name) => !Object.hasOwn(keys, name));
    if (lacking.length === 0) return;
    writeSigningKeys(file, { ...keys, ...newSigningKeys(lacking) });
  }
}

function readSigningKeys(file: string): SigningKeys {
  const text = readDevVars(file)[SIGNING_KEYS];
  try {
    return text ? parseSigningKeys(text) : {};
  } catch (error) {
    throw new Failure(`${shown(file)}: ${(error as Error).message}. Delete the line to get a new one.`);
  }
}

export function writeSigningKeys(file: string, keys: SigningKeys): void {
  writeDevVar(file, SIGNING_KEYS, `'${JSON.stringify(keys)}'`);
}

/** Empty if there is no such file. */
export function readDevVars(file: string): NodeJS.Dict<string> {
  return existsSync(file) ? parseEnv(readFileSync(file, "utf8")) : {};
}

/** Changes or adds one line and leaves the others unchanged. Atomic. */
export function writeDevVar(file: string, name: string, value: string): void {
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const line = `${name}=${value}`;
  const pattern = new RegExp(`^\\s*(?:export\\s+)?${name}\\s*=.*$`, "m");
  const changed = pattern.test(text) ? text.replace(pattern, () => line) : `${text}${line}\n`;
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, changed, { mode: 0o600, flag: "wx" });
  renameSync(draft, file);
}

function random(): string {
  return randomBytes(32).toString("base64url");
}

/** Atomic, for gateways that start at the same time. Returns whether this call created the file. */
function create(file: string): boolean {
  refuseToCommit(file);
  const draft = `${file}.${process.pid}`;
  const lines = [`KEYGATE_PEPPERS=p1:${random()}`, `KEYGATE_ROOT_TOKEN=kgr_${random()}`, ""];
  writeFileSync(draft, lines.join("\n"), { mode: 0o600, flag: "wx" });
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    unlinkSync(draft);
  }
}
