/** `.dev.vars`: the secrets of the local gateway, in the form that wrangler reads. */

import { randomBytes } from "node:crypto";
import { existsSync, linkSync, readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { pepperParts } from "../../domain/peppers.ts";
import { parseSigningKeys, type SigningKeys } from "../../domain/signing-keys.ts";
import { newSigningKeys } from "../operate/new-signing-keys.ts";
import { shown } from "../operate/project.ts";
import { Failure } from "../terminal/failure.ts";
import { fileFailure } from "../terminal/file-failure.ts";
import { refuseToCommit } from "../terminal/secret-file.ts";

/** Shorter ones open nothing (src/management/secret-token.ts). */
const TOKEN_LENGTH = 32;

/** The required form of each secret. */
const FORMS = {
  KEYGATE_PEPPERS: "p1:<32 random bytes, base64url>",
  KEYGATE_ROOT_TOKEN: "kgr_<32 random bytes, base64url>",
};
/** What an empty line leaves out. */
const OPTIONAL_FORMS = { KEYGATE_METRICS_TOKEN: "kgm_<32 random bytes, base64url>" };

const SIGNING_KEYS = "KEYGATE_SIGNING_KEYS";

/**
 * Creates the file if there is none. Adds a metrics token, and signing keys for environments that lack them, and leaves all
 * else unchanged. Returns whether it created the file.
 */
export function ensureDevVars(file: string, environments: readonly string[]): boolean {
  const made = !existsSync(file) && create(file);
  const vars = readDevVars(file);
  const lacking = Object.entries(FORMS).filter(([name]) => !vars[name]);
  if (lacking.length > 0) {
    const lines = lacking.map(([name, form]) => `${name}=${form}`);
    throw new Failure(
      `${shown(file)} does not have ${lacking.map(([name]) => name).join(" and ")}. Add: ${lines.join("  and  ")}`,
    );
  }
  refuseUnusable(file, vars);
  complete(file, environments);
  return made;
}

/** The gateway would start with them, and then fail at every request. */
function refuseUnusable(file: string, vars: NodeJS.Dict<string>): void {
  const problems = Object.entries(PROBLEMS).flatMap(([name, problemOf]) => {
    const problem = problemOf(vars[name] ?? "");
    return problem ? [`${shown(file)}: ${name} ${problem}. Write: ${name}=${ALL_FORMS[name as Name]}`] : [];
  });
  if (problems.length > 0) throw new Failure(problems.join("\n"));
}

const ALL_FORMS = { ...FORMS, ...OPTIONAL_FORMS };
type Name = keyof typeof ALL_FORMS;

const PROBLEMS: Readonly<Record<Name, (text: string) => string | undefined>> = {
  KEYGATE_PEPPERS: (text) => {
    const parts = pepperParts(text);
    return "problem" in parts ? parts.problem : undefined;
  },
  KEYGATE_ROOT_TOKEN: problemOfTokens,
  KEYGATE_METRICS_TOKEN: (text) => (text === "" ? undefined : problemOfTokens(text)),
};

function problemOfTokens(text: string): string | undefined {
  const tokens = text.split(",").map((token) => token.trim());
  if (tokens.some((token) => !/^[\x21-\x7e]*$/.test(token))) return "has a character that a header cannot contain";
  const shortest = Math.min(...tokens.map((token) => token.length));
  return shortest < TOKEN_LENGTH ? `must have at least ${TOKEN_LENGTH} characters, not ${shortest}` : undefined;
}

/** Repeats until nothing is lacking: another gateway that is starting can write the same lines. */
function complete(file: string, environments: readonly string[]): void {
  for (;;) {
    const keys = readSigningKeys(file);
    const lacking = environments.filter((name) => !Object.hasOwn(keys, name));
    const lacksToken = readDevVars(file).KEYGATE_METRICS_TOKEN === undefined;
    if (lacking.length === 0 && !lacksToken) return;
    if (lacksToken) writeDevVar(file, "KEYGATE_METRICS_TOKEN", `kgm_${random()}`);
    if (lacking.length > 0) writeSigningKeys(file, { ...keys, ...newSigningKeys(lacking) });
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
  if (!existsSync(file)) return {};
  if (statSync(file).isDirectory()) {
    throw new Failure(`${shown(file)} is a folder, but must be the file with the local secrets. Move it away.`);
  }
  try {
    return parseEnv(readFileSync(file, "utf8"));
  } catch (error) {
    throw fileFailure(error, "It contains the local secrets. Give your user the right to read it.") ?? error;
  }
}

/** Changes or adds one line and leaves the others unchanged. Atomic. */
export function writeDevVar(file: string, name: string, value: string): void {
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const line = `${name}=${value}`;
  // As `parseEnv` reads it: a value in quotes can have several lines, and of two lines with one name the last counts.
  const quoted = `(?:'[^']*'|"[^"]*"|\`[^\`]*\`)?`;
  const pattern = new RegExp(`^[ \\t]*(?:export[ \\t]+)?${name}[ \\t]*=[ \\t]*${quoted}.*$`, "gm");
  const whole = text === "" || text.endsWith("\n") ? text : `${text}\n`;
  const changed = text.search(pattern) >= 0 ? text.replace(pattern, () => line) : `${whole}${line}\n`;
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
  const made = { PEPPERS: `p1:${random()}`, ROOT_TOKEN: `kgr_${random()}`, METRICS_TOKEN: `kgm_${random()}` };
  const lines = [...Object.entries(made).map(([name, value]) => `KEYGATE_${name}=${value}`), ""];
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
