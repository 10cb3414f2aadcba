/** Servers as they have been met: each reads a path in a few steps, in an order of its own, and then routes it. */

import fc from "fast-check";
import type { Segment } from "../../src/config/pattern.ts";

type Step = (path: string) => string;

export interface ModelOrigin {
  readonly steps: readonly (keyof typeof STEPS)[];
  /** With each segment, once the path is split. */
  readonly stepsWithSegments: readonly (keyof typeof STEPS)[];
  readonly ignoresCase: boolean;
  /** The format of the last segment, or of any. */
  readonly drops: "nothing" | "format" | "formats";
}

const perSegment =
  (step: Step): Step =>
  (path) =>
    path.split("/").map(step).join("/");
const bytesOf = (hex: string) => Uint8Array.from(hex.match(/[0-9a-f]{2}/gi) ?? [], (pair) => Number.parseInt(pair, 16));
const decodeWith =
  (textOf: (bytes: Uint8Array<ArrayBuffer>) => string): Step =>
  (path) =>
    path.replace(/(?:%[0-9a-f]{2})+/gi, (run) => textOf(bytesOf(run)));
const utf8 = (bytes: Uint8Array<ArrayBuffer>) => new TextDecoder().decode(bytes);

export const percentDecoded = decodeWith(utf8);

const STEPS = {
  decode: percentDecoded,
  decodeWithoutBadBytes: decodeWith((bytes) => utf8(bytes).replaceAll("\ufffd", "")),
  decodeOverlong: decodeWith((bytes) =>
    utf8(bytes.length === 2 && bytes[0] === 0xc0 ? Uint8Array.of((bytes[1] as number) & 0x3f) : bytes),
  ),
  decodeUnicode: (path) =>
    path.replace(/%u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
  normalize: (path) => path.normalize("NFKC"),
  bestFit: (path) => path.replace(/[\u2044\u2215]/g, "/").replace(/[\u2216\u00a5]/g, "\\"),
  slashBackslashes: (path) => path.replaceAll("\\", "/"),
  mergeSlashes: (path) => path.replace(/\/+/g, "/"),
  dropLastSlash: (path) => path.replace(/(?<=.)\/$/, ""),
  dropParameters: perSegment((segment) => segment.replace(/;.*/s, "")),
  dropSession: (path) => path.replace(/;jsessionid=.*/is, ""),
  cutQuery: (path) => path.replace(/[?#].*/s, ""),
  plusesToSpaces: (path) => path.replaceAll("+", " "),
  trim: perSegment((segment) => segment.trim()),
  trimDots: perSegment((segment) => segment.replace(/[. ]+$/, "")),
  dropTabs: (path) => path.replace(/[\t\r\n]/g, ""),
  dropInvisible: (path) => path.replace(/[\u00ad\u200b-\u200f\u2060\ufeff]/g, ""),
  stopAtNul: (path) => path.replace(/\0.*/s, ""),
  resolveDots: (path) => {
    const kept: string[] = [];
    for (const segment of path.split("/").slice(1)) {
      if (segment === "..") kept.pop();
      else if (segment !== ".") kept.push(segment);
    }
    return `/${kept.join("/")}`;
  },
} satisfies Record<string, Step>;

const NAMES = Object.keys(STEPS) as (keyof typeof STEPS)[];
const OF_PATHS: string[] = ["mergeSlashes", "dropLastSlash", "dropSession", "resolveDots"];

export const modelOrigin: fc.Arbitrary<ModelOrigin> = fc.record({
  steps: fc.array(fc.constantFrom(...NAMES), { maxLength: 7 }),
  stepsWithSegments: fc.array(fc.constantFrom(...NAMES.filter((name) => !OF_PATHS.includes(name))), { maxLength: 4 }),
  ignoresCase: fc.boolean(),
  drops: fc.constantFrom("nothing", "nothing", "format", "formats"),
});

export interface Pattern {
  readonly path: string;
  readonly segments: readonly Segment[];
}

/** The pattern that the origin serves a path by, and the values of its parameters. */
export function readAs(
  { steps, stepsWithSegments, ignoresCase, drops }: ModelOrigin,
  path: string,
  patterns: readonly Pattern[],
): { path: string; params: string[] } | undefined {
  const read = steps.reduce((text, step) => STEPS[step](text), path);
  const segments = (read === "/" ? [] : read.slice(1).split("/")).map((segment) =>
    stepsWithSegments.reduce((text, step) => STEPS[step](text), segment),
  );
  const fold = (text: string) => (ignoresCase ? text.normalize("NFKC").toUpperCase().toLowerCase() : text);
  const isWord = (segment: string, at: number, word: string) => {
    if (fold(segment) === fold(word)) return true;
    if (drops === "nothing" || (drops === "format" && at < segments.length - 1)) return false;
    return (
      fold(segment.replace(/\.[^.]*$/, "")) === fold(word) || fold(segment.replace(/(?<=.)\..*$/s, "")) === fold(word)
    );
  };
  const matches = patterns.filter(({ segments: wanted }) => matchesAll(wanted, segments, isWord));
  const [best] = matches.toSorted((a, b) => compare(a.segments, b.segments, segments));
  return (
    best && {
      path: best.path,
      params: best.segments.flatMap((segment, at) => (segment.kind === "param" ? [segments[at] as string] : [])),
    }
  );
}

function matchesAll(
  wanted: readonly Segment[],
  segments: readonly string[],
  isWord: (segment: string, at: number, word: string) => boolean,
): boolean {
  const isOpen = wanted.at(-1)?.kind === "wildcard";
  if (isOpen ? segments.length < wanted.length - 1 : segments.length !== wanted.length) return false;
  return wanted.every((segment, at) => {
    if (segment.kind === "wildcard") return true;
    const text = segments[at] as string;
    return segment.kind === "param" ? text !== "" : isWord(text, at, segment.text);
  });
}

/** The more specific first: a literal, spelt as it is before spelt otherwise, then a parameter, then a wildcard, from left to right. */
function compare(a: readonly Segment[], b: readonly Segment[], segments: readonly string[]): number {
  const rank = (segment: Segment | undefined, at: number) => {
    if (segment === undefined) return 0;
    if (segment.kind === "literal") return segment.text === segments[at] ? 1 : 2;
    return segment.kind === "param" ? 3 : 4;
  };
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const difference = rank(a[at], at) - rank(b[at], at);
    if (difference !== 0) return difference;
  }
  return 0;
}
