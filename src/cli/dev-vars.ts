/** `.dev.vars`: the secrets of the local gateway, in the form that wrangler reads. */

import { randomBytes } from "node:crypto";
import { existsSync, linkSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { Failure } from "./failure.ts";
import { shown } from "./project.ts";

/** What each needs to look like. */
const FORMS = {
  KEYGATE_PEPPERS: "p1:<32 random bytes, base64url>",
  KEYGATE_ROOT_TOKEN: "kgr_<32 random bytes, base64url>",
};

/** Makes the file where there is none; one that exists is read and never written. Returns whether it was made. */
export function ensureDevVars(file: string): boolean {
  const made = !existsSync(file) && create(file);
  const vars = readDevVars(file);
  const lacking = Object.entries(FORMS).filter(([name]) => !vars[name]);
  if (lacking.length > 0) {
    const lines = lacking.map(([name, form]) => `${name}=${form}`);
    throw new Failure(
      `${shown(file)} lacks ${lacking.map(([name]) => name).join(" and ")}. Add: ${lines.join("  and  ")}`,
    );
  }
  return made;
}

/** Empty where there is no such file. */
export function readDevVars(file: string): NodeJS.Dict<string> {
  return existsSync(file) ? parseEnv(readFileSync(file, "utf8")) : {};
}

function random(): string {
  return randomBytes(32).toString("base64url");
}

/** Whole or not at all, for gateways that are started at the same time. Returns whether this call made it. */
function create(file: string): boolean {
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
