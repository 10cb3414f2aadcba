/** The code of a page in docs/, run as its readers run it. */

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { PROJECT } from "../../helpers/gateway.ts";

const PROGRAMS = {
  sh: ["sh", "-c"],
  python: ["python3", "-c"],
  js: [process.execPath, "--input-type=module", "-e"],
} as const;
export type Language = keyof typeof PROGRAMS;
export const LANGUAGES = Object.keys(PROGRAMS) as Language[];

/** The page's only block of this language. */
export function snippetOf(page: string, language: Language): string {
  const text = readFileSync(join(PROJECT, "docs", page), "utf8");
  const blocks = [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].filter(([, name]) => name === language);
  if (blocks.length !== 1) throw new Error(`docs/${page} has ${blocks.length} blocks of ${language}`);
  return blocks[0]?.[2] as string;
}

/** What it prints. */
export async function runSnippet(language: Language, code: string, apiKey: string): Promise<string> {
  const [program, ...flags] = PROGRAMS[language];
  const { PATH, HOME } = process.env;
  const { stdout } = await promisify(execFile)(program, [...flags, code], { env: { PATH, HOME, API_KEY: apiKey } });
  return stdout;
}
