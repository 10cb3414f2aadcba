/** A Worker's wrangler.toml, or wrangler.jsonc. */

import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { type ParseError, parse as parseJson, printParseErrorCode } from "jsonc-parser";
import { parse as parseToml } from "smol-toml";
import type { ConfigProblem } from "../../config/problems.ts";
import { Failure } from "../terminal/failure.ts";
import { inProject, shown } from "./project.ts";

export interface WranglerFile {
  readonly file: string;
  readonly content: Record<string, unknown>;
}

/** In the order in which wrangler looks for them. */
export const WRANGLER_FILES = ["wrangler.json", "wrangler.jsonc", "wrangler.toml"];

/** The file of the project. */
export function wranglerFile(): string {
  const file = WRANGLER_FILES.map((name) => inProject(name)).find((path) => existsSync(path));
  if (file) return file;
  throw new Failure(`There is no ${shown(inProject("wrangler.toml"))}.`);
}

export function readWrangler(file: string = wranglerFile()): WranglerFile {
  const text = readFileSync(file, "utf8");
  try {
    return { file, content: file.endsWith(".toml") ? parseToml(text) : fromJson(text) };
  } catch (error) {
    throw new Failure(`${shown(file)} cannot be read: ${(error as Error).message}`);
  }
}

/** The problem with this file's name, and with the lines to add in its format. */
export function inFormatOf(file: string, { path, problem, remedy }: ConfigProblem): ConfigProblem {
  const name = basename(file);
  const named = (text: string) => text.replaceAll("wrangler.toml", name);
  const [first = "", ...lines] = remedy.split("\n");
  const added = name.endsWith(".toml") || lines.length === 0 ? lines : [`      ${asJson(lines.join("\n"))}`];
  return { path: named(path), problem: named(problem), remedy: [named(first), ...added].join("\n") };
}

/** Lines of TOML as JSON, without the braces around them. */
function asJson(lines: string): string {
  const isItems = /^\s*\{/.test(lines);
  const text = JSON.stringify(parseToml(isItems ? `items = [${lines.replaceAll("\n", " ")}]` : lines));
  return isItems ? text.slice('{"items":['.length, -"]}".length) : text.slice(1, -1);
}

function fromJson(text: string): Record<string, unknown> {
  const errors: ParseError[] = [];
  const content = parseJson(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first) {
    const line = text.slice(0, first.offset).split("\n").length;
    throw new Error(`${printParseErrorCode(first.error)} in line ${line}`);
  }
  return content;
}
