/**
 * The ways in which servers can read a path. The router sees the URL parser's form, and that form is forwarded. But a server
 * may decode `%2F`, merge `//`, drop `;…` or a slash at the end before it routes, and it may do these in any order.
 */

import {
  bestFitted,
  decodedFully,
  isBlank,
  isBrokenUp,
  normalized,
  percentDecoded,
  trimmed,
  unicodeDecoded,
  withoutIgnorable,
} from "../domain/spelling.ts";

/** Whether every server reads the path as it is. Nearly all are such. */
export function isEveryday(path: string): boolean {
  return !/[A-Z.%\\;+]|\/\/|.\/$/.test(path);
}

/** Likewise, but perhaps for the case of its letters and for suffixes, which the router compares. */
function isPlain(path: string): boolean {
  return !/[%\\;+]|\/\/|\.(\/|$)|.\/$/.test(path);
}

/** Servers have been seen to decode more than once. */
const DECODING_ROUNDS = 3;
/** Of all readings together, for each of the path, so that the work is in proportion to its length. Few paths need more than two readings. */
const MAX_GROWTH = 3;
const MIN_CHARACTERS = 16_384;
const MAX_READINGS = 64;

/** Each takes something away, so that no reading comes round again. */
const STEPS: readonly ((path: string) => string)[] = [
  percentDecoded,
  unicodeDecoded,
  normalized,
  bestFitted,
  withoutIgnorable,
  (path) => path.replaceAll("\\", "/"),
  // Some servers route `/admin;x=1` as `/admin`: https://www.rfc-editor.org/rfc/rfc3986#section-3.3
  (path) => path.replace(/;[^/]*/g, ""),
  (path) => untilFirst(path, /;jsessionid=/i),
  (path) => untilFirst(path, /[?#]/),
  (path) => path.replace(/\/{2,}/g, "/"),
  withoutLastSlashes,
  (path) => (/[\s.+]|[^\x20-\x7e]/.test(path) ? path.split("/").map(trimmed).join("/") : path),
];

/** The path itself and its other readings; or a problem, where no server should be asked to read it. */
export function readingsOf(path: string): Iterable<string> | { problem: string } {
  if (isPlain(path)) return [path];
  if (isEncodedBeyond(path, DECODING_ROUNDS)) return { problem: `it is encoded more than ${DECODING_ROUNDS} times` };
  const readings = new Set([path]);
  let charactersLeft = Math.max(MIN_CHARACTERS, MAX_GROWTH * path.length);
  for (const reading of readings) {
    const problem = problemOf(reading);
    if (problem) return { problem };
    charactersLeft -= reading.length;
    if (readings.size > MAX_READINGS || charactersLeft < 0) return { problem: "it has too many readings" };
    for (const step of STEPS) readings.add(step(reading));
  }
  return readings;
}

/** What a server takes the value of a parameter for. Its letters keep their case: they tell ids apart. */
export function plainForm(value: string): string {
  return trimmed(untilFirst(decodedFully(value), /[;?#]/));
}

function isEncodedBeyond(path: string, rounds: number): boolean {
  let decoded = path;
  for (let round = 0; round < rounds; round++) decoded = decodedOnce(decoded);
  return decodedOnce(decoded) !== decoded;
}

function decodedOnce(path: string): string {
  return unicodeDecoded(percentDecoded(path));
}

function problemOf(reading: string): string | undefined {
  if (reading.includes("\0")) return "an encoded NUL";
  if (OVERLONG.test(reading)) return "an overlong form of a character";
  if (isBrokenUp(reading)) return "an encoding with invisible characters in it";
  if (reading.split("/").some(isDotSegment)) return "an encoded dot segment";
  return undefined;
}

/** Bytes that begin no character of UTF-8, but from which some decoders still make a dot or slash: https://www.rfc-editor.org/rfc/rfc3629#section-10 */
const OVERLONG = /%c[01]|%e0%[89]|%f0%8/i;

/** With blanks too, and with what servers cut off. */
function isDotSegment(segment: string): boolean {
  let dots = 0;
  for (let at = 0; at < segment.length; at++) {
    const character = segment[at] as string;
    if (";?#".includes(character)) break;
    if (character === ".") dots++;
    else if (!isBlank(segment.charCodeAt(at))) return false;
  }
  return dots === 1 || dots === 2;
}

function withoutLastSlashes(path: string): string {
  let end = path.length;
  while (end > 1 && path[end - 1] === "/") end--;
  return path.slice(0, end);
}

function untilFirst(text: string, end: RegExp): string {
  const at = text.search(end);
  return at < 0 ? text : text.slice(0, at);
}
